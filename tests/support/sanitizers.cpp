// SPDX-License-Identifier: MIT

#ifdef __SANITIZE_THREAD__
// The stand-ins' HTTP library is not compiled with the sanitizer, which so misses its locks.
extern "C" const char* __tsan_default_suppressions() {
    return "race:libcpp-httplib\ncalled_from_lib:libcpp-httplib.so\nrace:std::__detail::_"
           "CharMatcher\n";
}
#endif
