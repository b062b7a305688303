// Google Benchmark behind C functions; the only C++ here. Builds with 1.7 to 1.9: what these versions spell
// differently, such as how a run failed, is not read.
#include "shim.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace fallback {
struct Unknown {};
// A template, so that the library's own, if any, is preferred.
template <typename = void> Unknown GetBenchmarkVersion() {
    return {};
}

template <typename Version> std::string version_text(Version (*get)()) {
    return get();
}
template <> std::string version_text(Unknown (*)()) {
    return "";
}
} // namespace fallback

namespace {

using namespace benchmark;
using namespace fallback;

std::string context_text;
std::unique_ptr<BenchmarkReporter> shown; // the library's own report, of all runs together

std::string library_version() {
    return version_text<decltype(GetBenchmarkVersion())>(&GetBenchmarkVersion);
}

// Hands runs on, and also to the library's own reporter if the user asked for its format.
class Reporter : public BenchmarkReporter {
  public:
    typedef void Report(void *, int, const bench_timing *, size_t);
    Reporter(Report *report, void *context, BenchmarkReporter *display)
        : report_(report), context_(context), display_(display) {}

    bool ReportContext(const Context &context) override {
        std::ostringstream text;
        JSONReporter json;
        json.SetOutputStream(&text);
        json.SetErrorStream(&text);
        bool go_on = json.ReportContext(context);
        json.Finalize();
        bool first = context_text.empty();
        context_text = text.str();
        return display_ && first ? display_->ReportContext(context) : go_on;
    }

    void ReportRuns(const std::vector<Run> &runs) override {
        std::vector<bench_timing> timings;
        for (const Run &run : runs)
            if (run.run_type == Run::RT_Iteration && run.real_accumulated_time > 0) // 0 for runs that failed
                timings.push_back({run.iterations, run.real_accumulated_time, run.cpu_accumulated_time});
        if (!runs.empty())
            report_(context_, static_cast<int>(runs[0].family_index), timings.data(), timings.size());
        if (display_)
            display_->ReportRuns(runs);
    }

    void Finalize() override {} // by bench_run_end

  private:
    Report *report_;
    void *context_;
    BenchmarkReporter *display_;
};

void run_one(State &state, const bench_callbacks &callbacks, void *context) {
    bool ok = callbacks.begin(context);
    if (!ok)
        state.SkipWithError("it cannot begin");
    for (auto _ : state) {
        ok = callbacks.batch(context);
        if (!ok) {
            state.SkipWithError("it failed");
            break;
        }
    }
    callbacks.end(context, ok);
}

} // namespace

void bench_initialize(int *argc, char **argv, double min_time_s) {
    std::ostringstream option;
    option << "--benchmark_min_time=" << min_time_s;
    if (!library_version().empty()) // later versions want a unit, which earlier ones refuse
        option << "s";
    std::string text = option.str();
    std::vector<char *> all(argv, argv + *argc);
    if (min_time_s > 0) // first, so that the user's overrides it
        all.insert(all.begin() + 1, &text[0]);
    all.push_back(nullptr);
    int count = static_cast<int>(all.size()) - 1;
    Initialize(&count, all.data());
    for (int i = 0; i < count; i++)
        argv[i] = all[static_cast<size_t>(i)];
    argv[count] = nullptr;
    *argc = count;
}

const char *bench_filter(void) {
    static const std::string filter = GetBenchmarkFilter();
    return filter.c_str();
}

void bench_register(const char *name, const bench_callbacks *callbacks, void *context) {
    RegisterBenchmark(name, run_one, *callbacks, context);
}

void bench_run(void (*report)(void *, int, const bench_timing *, size_t), void *context, bool display) {
    if (display && !shown)
        shown.reset(CreateDefaultDisplayReporter());
    Reporter reporter(report, context, shown.get());
    RunSpecifiedBenchmarks(&reporter, ".");
    ClearRegisteredBenchmarks();
}

void bench_run_end(void) {
    if (shown && !context_text.empty())
        shown->Finalize();
    shown.reset();
}

char *bench_context_json(void) {
    return context_text.empty() ? nullptr : strdup(context_text.c_str());
}

const char *bench_library_version(void) {
    static const std::string version = library_version();
    return version.c_str();
}
