// How jemalloc serves henge's programs, which are linked with it (dependencies.cmake). One arena:
// what a Kafka client's thread allocates, a scan's thread frees; with an arena for each thread the
// pages of both lie about unused. `./dev bench scan`: half of the memory, three percent quicker.
// What the environment says in MALLOC_CONF counts more.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:1";
}
