// SPDX-License-Identifier: MIT

#ifdef __SANITIZE_THREAD__
// cpp-httplib is not compiled with the sanitizer, which therefore does not see its locks.
extern "C" const char* __tsan_default_suppressions() {
    return "race:libcpp-httplib\ncalled_from_lib:libcpp-httplib.so\nrace:std::__detail::_"
           "CharMatcher\n";
}
#endif
