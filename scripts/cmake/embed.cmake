# SPDX-License-Identifier: MIT
# paysync_embed(NAME FOLDER FILES…) compiles text files of a folder into the list embedded::NAME() of embedded.hpp, in the
# order given and named by their path below the folder, and adds the generated source to paysync_embedded_sources.
function(paysync_embed name folder)
    set(entries "")
    foreach(base IN LISTS ARGN)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/${base})
        file(READ ${folder}/${base} text)
        # A raw string literal may hold 65,536 bytes at most by the standard; two halves are joined by the compiler.
        string(LENGTH "${text}" length)
        set(literals "")
        set(position 0)
        while(position LESS length)
            string(SUBSTRING "${text}" ${position} 15000 piece)
            string(APPEND literals " R\"~embed~(${piece})~embed~\"")
            math(EXPR position "${position} + 15000")
        endwhile()
        string(APPEND entries "        File{\"${base}\", ${literals}},\n")
    endforeach()
    set(source ${CMAKE_BINARY_DIR}/embedded_${name}.cpp)
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
"#include \"jobs/embedded.hpp\"

namespace paysync::embedded {

const std::vector<File>& @name@() {
    static const std::vector<File> files = {
@entries@    };
    return files;
}

}  // namespace paysync::embedded
")
    set(paysync_embedded_sources ${paysync_embedded_sources} ${source} PARENT_SCOPE)
endfunction()
