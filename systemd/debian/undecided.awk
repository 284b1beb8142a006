# SPDX-License-Identifier: MIT
# Makes /etc/paysync/paysync.yaml from the annotated example. It comments out the keys whose values only the operator knows
# (marked "Required:"), and the keys whose default depends on them. The daemon refuses the resulting file and names the
# first key that is missing.
NR == 1 {
    print
    print "# yaml-language-server: $schema=/usr/share/paysync/paysync.schema.json"
    print "#"
    print "# The daemon refuses this file as installed: remove the '#' of each key that is marked as required, and set it."
    next
}
/^ *#/ {
    comment = /^ *# / ? comment " " $0 : ""
    print
    next
}
# The DSN stays: it is the database that docs/operator.md creates.
comment ~ /Required:|Default: |The defaults are/ && $1 ~ /.:$/ && $1 != "dsn:" {
    match($0, /^ */)
    $0 = substr($0, 1, RLENGTH) "#" substr($0, RLENGTH + 1)
}
{
    comment = ""
    print
}
