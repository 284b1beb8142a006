// SPDX-License-Identifier: MIT
#include "daemon/base/bus/service.hpp"

#include "daemon/base/bus/names.hpp"

#include <cstdlib>
#include <utility>

namespace paysync::bus {

namespace {

std::string job_path(const std::string& job) {
    char* path = nullptr;
    check_bus(sd_bus_path_encode(kJobsPath, job.c_str(), &path), "naming a job's object");
    const std::unique_ptr<char, decltype(&std::free)> owned(path, &std::free);
    return path;
}

/// Empty if `path` is not the path of a job.
std::string job_name(const char* path) {
    char* job = nullptr;
    if (sd_bus_path_decode(path, kJobsPath, &job) <= 0)
        return "";
    const std::unique_ptr<char, decltype(&std::free)> owned(job, &std::free);
    return job;
}

int append(sd_bus_message* reply, const std::string& value) {
    return sd_bus_message_append(reply, "s", value.c_str());
}

int append(sd_bus_message* reply, bool value) {
    return sd_bus_message_append(reply, "b", static_cast<int>(value));
}

int append(sd_bus_message* reply, std::uint64_t value) {
    return sd_bus_message_append(reply, "t", value);
}

}  // namespace

/// The vtables of the D-Bus objects. sd-bus calls their C functions, which call the Control.
/// Methods that take time or need polkit run in a task: a callback of sd-bus must not wait.
struct Service::Objects {
    using Method = Task<void> (Objects::*)(sd_bus_message*, std::string job, unsigned uid);

    explicit Objects(Service& s) : service(s) {}

    static Objects& of(void* self) { return *static_cast<Objects*>(self); }

    Control& control() const { return service.control_; }

    void add_to(sd_bus* bus) {
        check_bus(
            sd_bus_add_object_vtable(bus, nullptr, kManagerPath, kManager, kManagerTable, this),
            "adding the manager object");
        check_bus(sd_bus_add_object_manager(bus, nullptr, kManagerPath),
                  "adding the object manager");
        check_bus(sd_bus_add_fallback_vtable(bus, nullptr, kJobsPath, kJob, kJobTable,
                                             &Objects::find_job, this),
                  "adding the job objects");
        check_bus(sd_bus_add_node_enumerator(bus, nullptr, kJobsPath, &Objects::list_jobs, this),
                  "adding the list of jobs");
        check_bus(sd_bus_add_object_vtable(bus, nullptr, kLogControlPath, kLogControl,
                                           kLogControlTable, this),
                  "adding the log control");
    }

    // Jobs; a reload may add and remove them ------------------------------------------------------

    const JobState* job(const std::string& name) {
        seen = control().jobs();
        for (const auto& state : seen)
            if (state.name == name)
                return &state;
        return nullptr;
    }

    static int find_job(sd_bus*, const char* path, const char*, void* self, void** found,
                        sd_bus_error*) {
        if (!of(self).job(job_name(path)))
            return 0;
        *found = self;
        return 1;
    }

    static int list_jobs(sd_bus*, const char*, void* self, char*** nodes, sd_bus_error*) {
        const auto jobs = of(self).control().jobs();
        auto** paths = static_cast<char**>(std::calloc(jobs.size() + 1, sizeof(char*)));
        if (!paths)
            return -ENOMEM;
        std::size_t count = 0;
        for (const auto& state : jobs)
            sd_bus_path_encode(kJobsPath, state.name.c_str(), &paths[count++]);
        *nodes = paths;  // sd-bus frees it
        return 0;
    }

    // Properties ----------------------------------------------------------------------------------

    static int version(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply,
                       void* self, sd_bus_error*) {
        return append(reply, of(self).service.options_.version);
    }

    template <auto Member>
    static int daemon_property(sd_bus*, const char*, const char*, const char*,
                               sd_bus_message* reply, void* self, sd_bus_error*) {
        return append(reply, of(self).control().state().*Member);
    }

    template <auto Member>
    static int job_property(sd_bus*, const char* path, const char*, const char*,
                            sd_bus_message* reply, void* self, sd_bus_error* error) {
        const auto* state = of(self).job(job_name(path));
        if (!state)
            return sd_bus_error_set(error, SD_BUS_ERROR_UNKNOWN_OBJECT, "no such job");
        return append(reply, state->*Member);
    }

    static int log_level(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply,
                         void* self, sd_bus_error*) {
        return append(reply, of(self).control().log_level());
    }

    static int set_log_level(sd_bus*, const char*, const char*, const char*, sd_bus_message* value,
                             void* self, sd_bus_error* error) {
        const char* level = nullptr;
        if (const int read = sd_bus_message_read(value, "s", &level); read < 0)
            return read;
        if (!of(self).control().set_log_level(level))
            return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "no such log level");
        return 1;
    }

    static int log_target(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply,
                          void* self, sd_bus_error*) {
        return append(reply, of(self).control().log_target());
    }

    static int identifier(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply,
                          void*, sd_bus_error*) {
        return append(reply, std::string("paysyncd"));
    }

    // Methods -------------------------------------------------------------------------------------

    static int status(sd_bus_message* call, void* self, sd_bus_error*) {
        return sd_bus_reply_method_return(call, "s", of(self).control().health().c_str());
    }

    static int budget(sd_bus_message* call, void* self, sd_bus_error*) {
        const auto state = of(self).control().budget();
        return sd_bus_reply_method_return(call, "duuu", state.rate, state.in_flight,
                                          state.in_flight_limit, state.waiting);
    }

    static int reload(sd_bus_message* call, void* self, sd_bus_error*) {
        return of(self).start(call, kReloadAction, &Objects::do_reload, "");
    }

    /// A method of a job: of the job's own object, or of the manager, whose first argument then is
    /// the name of the job.
    template <auto Do>
    static int job_method(sd_bus_message* call, void* self, sd_bus_error*) {
        std::string name = job_name(sd_bus_message_get_path(call));
        if (name.empty()) {
            const char* argument = nullptr;
            if (const int read = sd_bus_message_read(call, "s", &argument); read < 0)
                return read;
            name = argument;
        }
        return of(self).start(call, kJobsAction, Do, name);
    }

    int start(sd_bus_message* call, const char* action, Method method, const std::string& job) {
        const std::shared_ptr<sd_bus_message> owned(sd_bus_message_ref(call), Unref());
        service.loop_.post([this, owned, action, method, job] {
            service.loop_.spawn(run(owned, action, method, job), [](std::exception_ptr) {});
        });
        return 1;  // run() will reply
    }

    Task<void> run(std::shared_ptr<sd_bus_message> call, std::string action, Method method,
                   std::string job) {
        std::string error;
        std::string words;
        try {
            const auto uid = co_await service.authority_.require(add_ref(call.get()), action);
            if (service.options_.on_call)
                service.options_.on_call(sd_bus_message_get_member(call.get()), uid);
            co_await (this->*method)(call.get(), job, uid);
        } catch (const Error& e) {
            error = e.name();
            words = e.what();
        } catch (const std::exception& e) {
            error = SD_BUS_ERROR_FAILED;
            words = e.what();
        }
        if (!error.empty())
            sd_bus_reply_method_errorf(call.get(), error.c_str(), "%s", words.c_str());
    }

    Task<void> do_reload(sd_bus_message* call, std::string, unsigned) {
        co_await control().reload();
        sd_bus_reply_method_return(call, "");
    }

    Task<void> do_run(sd_bus_message* call, std::string job, unsigned) {
        const auto run_id = co_await control().run_job(job);
        sd_bus_reply_method_return(call, "x", run_id);
    }

    Task<void> do_pause(sd_bus_message* call, std::string job, unsigned uid) {
        const char* reason = nullptr;
        check_bus(sd_bus_message_read(call, "s", &reason), "reading the reason");
        const auto words = std::string(reason) + (*reason ? " " : "") + "(over D-Bus, uid " +
                           std::to_string(uid) + ")";
        const bool paused = co_await control().pause_job(job, words);
        sd_bus_reply_method_return(call, "b", static_cast<int>(paused));
    }

    Task<void> do_resume(sd_bus_message* call, std::string job, unsigned) {
        const bool resumed = co_await control().resume_job(job);
        sd_bus_reply_method_return(call, "b", static_cast<int>(resumed));
    }

    static const sd_bus_vtable kManagerTable[];
    static const sd_bus_vtable kJobTable[];
    static const sd_bus_vtable kLogControlTable[];

    Service& service;
    std::vector<JobState> seen;
};

// The macros of sd-bus are C and expand to old-style casts and empty initializers.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

constexpr auto kChanges = SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE;
constexpr auto kConstant = SD_BUS_VTABLE_PROPERTY_CONST;
/// sd-bus lets any user call the method; Authority checks the caller.
constexpr auto kUnprivileged = SD_BUS_VTABLE_UNPRIVILEGED;

const sd_bus_vtable Service::Objects::kManagerTable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Version", "s", &Objects::version, 0, kConstant),
    SD_BUS_PROPERTY("StatusText", "s", &Objects::daemon_property<&DaemonState::status>, 0,
                    kChanges),
    SD_BUS_PROPERTY("Ready", "b", &Objects::daemon_property<&DaemonState::ready>, 0, kChanges),
    SD_BUS_PROPERTY("DatabaseUp", "b", &Objects::daemon_property<&DaemonState::database_up>, 0,
                    kChanges),
    SD_BUS_PROPERTY("Configuration", "s", &Objects::daemon_property<&DaemonState::configuration>, 0,
                    kConstant),
    SD_BUS_PROPERTY("ConfiguredAt", "t", &Objects::daemon_property<&DaemonState::configured_at>, 0,
                    kChanges),
    SD_BUS_METHOD_WITH_NAMES("Status", "", , "s", SD_BUS_PARAM(json), &Objects::status,
                             kUnprivileged),
    SD_BUS_METHOD_WITH_NAMES("Budget", "", , "duuu",
                             SD_BUS_PARAM(calls_per_second) SD_BUS_PARAM(in_flight)
                                 SD_BUS_PARAM(in_flight_limit) SD_BUS_PARAM(waiting),
                             &Objects::budget, kUnprivileged),
    SD_BUS_METHOD("Reload", "", "", &Objects::reload, kUnprivileged),
    SD_BUS_METHOD_WITH_NAMES("RunJob", "s", SD_BUS_PARAM(job), "x", SD_BUS_PARAM(run_id),
                             &Objects::job_method<&Objects::do_run>, kUnprivileged),
    SD_BUS_METHOD_WITH_NAMES("PauseJob", "ss", SD_BUS_PARAM(job) SD_BUS_PARAM(reason), "b",
                             SD_BUS_PARAM(paused), &Objects::job_method<&Objects::do_pause>,
                             kUnprivileged),
    SD_BUS_METHOD_WITH_NAMES("ResumeJob", "s", SD_BUS_PARAM(job), "b", SD_BUS_PARAM(resumed),
                             &Objects::job_method<&Objects::do_resume>, kUnprivileged),
    SD_BUS_VTABLE_END};

const sd_bus_vtable Service::Objects::kJobTable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Name", "s", &Objects::job_property<&JobState::name>, 0, kConstant),
    SD_BUS_PROPERTY("Schedule", "s", &Objects::job_property<&JobState::schedule>, 0, kChanges),
    SD_BUS_PROPERTY("Running", "b", &Objects::job_property<&JobState::running>, 0, kChanges),
    SD_BUS_PROPERTY("Paused", "b", &Objects::job_property<&JobState::paused>, 0, kChanges),
    SD_BUS_PROPERTY("LastOutcome", "s", &Objects::job_property<&JobState::last_outcome>, 0,
                    kChanges),
    SD_BUS_PROPERTY("LastEnded", "t", &Objects::job_property<&JobState::last_ended>, 0, kChanges),
    SD_BUS_METHOD_WITH_NAMES("Run", "", , "x", SD_BUS_PARAM(run_id),
                             &Objects::job_method<&Objects::do_run>, kUnprivileged),
    SD_BUS_METHOD_WITH_NAMES("Pause", "s", SD_BUS_PARAM(reason), "b", SD_BUS_PARAM(paused),
                             &Objects::job_method<&Objects::do_pause>, kUnprivileged),
    SD_BUS_METHOD_WITH_NAMES("Resume", "", , "b", SD_BUS_PARAM(resumed),
                             &Objects::job_method<&Objects::do_resume>, kUnprivileged),
    SD_BUS_SIGNAL_WITH_NAMES("Finished", "suu",
                             SD_BUS_PARAM(outcome) SD_BUS_PARAM(done) SD_BUS_PARAM(failed), 0),
    SD_BUS_VTABLE_END};

// sd-bus itself checks who writes LogLevel: root or the user of the daemon.
const sd_bus_vtable Service::Objects::kLogControlTable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_WRITABLE_PROPERTY("LogLevel", "s", &Objects::log_level, &Objects::set_log_level, 0, 0),
    SD_BUS_PROPERTY("LogTarget", "s", &Objects::log_target, 0, 0),
    SD_BUS_PROPERTY("SyslogIdentifier", "s", &Objects::identifier, 0, kConstant),
    SD_BUS_VTABLE_END};

#pragma GCC diagnostic pop

Service::Service(Loop& loop, Clock& clock, Control& control, Options options)
    : loop_(loop),
      control_(control),
      options_(std::move(options)),
      connection_(
          loop, clock,
          {options_.name, [this](sd_bus* bus) { objects_->add_to(bus); }, options_.on_change}),
      authority_(connection_),
      objects_(std::make_unique<Objects>(*this)) {}

Service::~Service() = default;

void Service::daemon_changed() {
    if (auto* bus = connection_.get())
        sd_bus_emit_properties_changed(bus, kManagerPath, kManager, "StatusText", "Ready",
                                       "DatabaseUp", "ConfiguredAt", nullptr);
}

void Service::job_changed(const std::string& job) {
    if (auto* bus = connection_.get())
        sd_bus_emit_properties_changed(bus, job_path(job).c_str(), kJob, "Schedule", "Running",
                                       "Paused", "LastOutcome", "LastEnded", nullptr);
}

void Service::job_finished(const std::string& job, const std::string& outcome, int done,
                           int failed) {
    if (auto* bus = connection_.get())
        sd_bus_emit_signal(bus, job_path(job).c_str(), kJob, "Finished", "suu", outcome.c_str(),
                           static_cast<unsigned>(done), static_cast<unsigned>(failed));
}

void Service::job_added(const std::string& job) {
    if (auto* bus = connection_.get())
        sd_bus_emit_object_added(bus, job_path(job).c_str());
}

void Service::job_removed(const std::string& job) {
    if (auto* bus = connection_.get())
        sd_bus_emit_object_removed(bus, job_path(job).c_str());
}

}  // namespace paysync::bus
