# SPDX-License-Identifier: MIT
# Makes /etc/paysync/paysync.yaml of the annotated example: what only the operator knows is commented out, and so is what
# follows from it when it is not given. The daemon refuses such a file, and names the first key that is missing.
NR == 1 {
    print
    print "# yaml-language-server: $schema=/usr/share/paysync/paysync.schema.json"
    print "#"
    print "# Fresh from the package, this file is refused: remove the '#' of each key that is marked as required, and set it."
    next
}
/^ *#/ {
    comment = /^ *# / ? comment " " $0 : ""
    print
    next
}
# The example's database is the one that docs/operator.md makes.
comment ~ /Required:|when not given|, else [0-9]/ && $1 ~ /.:$/ && $1 != "dsn:" {
    match($0, /^ */)
    $0 = substr($0, 1, RLENGTH) "#" substr($0, RLENGTH + 1)
}
{
    comment = ""
    print
}
