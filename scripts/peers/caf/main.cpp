// The C++ Actor Framework, measured as throng's comparison measures every system of actors: bench/src/peers/program.rs says what is
// asked, and what is answered.
#include "answer.hpp"

#include <cstdlib>
#include <iostream>
#include <memory>
#include <thread>

namespace peers {

namespace {

constexpr const char* how =
    "Debian's libcaf-dev, which is not CAF's newest release; event-based actors as classes, dynamically typed, with atoms and numbers as "
    "messages, sent by send() of the actor that sends; work stealing, scheduler.max-threads = workers, scheduler.max-throughput = 64; who "
    "sends many does so by 64, who makes many by 16, and then goes on by a message to itself; an ask is request().then() without a time "
    "limit; many are spawned with lazy_init; mimalloc, as in the systems in Rust";
// Messages that an actor handles before another has its turn: without a limit, who sends to itself lets nobody else run.
constexpr std::size_t throughput = 64;

// More than these are a mistake.
constexpr std::uint64_t workers_most = 1'024, idle_most = 100'000'000, ms_most = 3'600'000;
// Iterations of a row: no more are counted.
constexpr std::size_t iterations_most = 1'000;
// So many iterations are to fit into the time, for which there may be fewer messages in each: enough to see whether they drift.
constexpr double fitting = 12;
// With what it cannot count, making a ring for one, an iteration may take so many times as long as the time says.
constexpr std::int64_t slower = 8;
// A part of the messages, to see how long all would take.
constexpr std::uint64_t part = 64;
// Idle actors made before what one takes is looked at: what is not per actor is there then.
constexpr std::uint64_t first = 1'000;

struct Orders {
    std::uint64_t workers, idle;
    std::int64_t used_ns, time_ns;
    std::vector<Task> asked;
};

// A line for who called it wrongly.
struct Usage : std::runtime_error {
    using std::runtime_error::runtime_error;
};

Orders read(const std::vector<std::string>& words) {
    std::string given;
    for (auto& word : words)
        given += (given.empty() ? "" : " ") + word;
    auto got = Usage("got \"" + given + "\": takes WORKERS IDLE USED_MS TIME_MS NAME:ACTORS:MESSAGES.., with 1 to " +
                     std::to_string(workers_most) + " workers, up to " + std::to_string(idle_most) + " idle actors, and up to " +
                     std::to_string(ms_most) + " ms");
    if (words.size() < 5)
        throw got;
    auto number = [&](std::size_t place, std::uint64_t least, std::uint64_t most) {
        auto read = whole(words[place]);
        if (!read || *read < least || *read > most)
            throw got;
        return *read;
    };
    constexpr std::int64_t ms = 1'000'000;
    Orders orders{number(0, 1, workers_most), number(1, 0, idle_most), static_cast<std::int64_t>(number(2, 0, ms_most)) * ms,
                  static_cast<std::int64_t>(number(3, 1, ms_most)) * ms, {}};
    for (std::size_t n = 4; n < words.size(); ++n) {
        auto task = Task::parse(words[n]);
        if (!task)
            throw Usage("got \"" + words[n] + "\": " + takes());
        orders.asked.push_back(*task);
    }
    return orders;
}

// What is measured in one process.
class Program {
public:
    explicit Program(Orders orders) : orders_(std::move(orders)) {
        config_.set("scheduler.max-threads", orders_.workers);
        config_.set("scheduler.max-throughput", throughput);
        system_ = std::make_unique<caf::actor_system>(config_);
    }

    // Measures all that is asked; after what has no figure nothing more is, as what is left of that would be beside it.
    Answer answered() {
        std::optional<Row> spoiled;
        auto guarded = [&](auto measure) {
            try {
                return measure();
            } catch (const Spoiled& why) {
                spoiled.emplace();
                spoiled->why = why.what();
                spoiled->wrong = why.wrong;
            } catch (const std::exception& why) {
                spoiled.emplace();
                spoiled->why = why.what();
            }
            return *spoiled;
        };
        guarded([&] { return prepare(), Row(); });
        Answer answer{"caf", version(), how, {}, {}};
        for (auto& task : orders_.asked)
            answer.rows.emplace_back(task.text(), spoiled ? *spoiled : guarded([&] { return measured(task); }));
        answer.peak_bytes = peak_bytes();
        hangs_ = spoiled.has_value();
        return answer;
    }

    // What hangs in it would hang its end.
    bool hangs() const { return hangs_; }

private:
    static std::string version() {
        return std::to_string(CAF_MAJOR_VERSION) + "." + std::to_string(CAF_MINOR_VERSION) + "." + std::to_string(CAF_PATCH_VERSION);
    }

    // Idle actors, and a heap that was used: each in turns.
    void prepare() {
        if (orders_.idle > 0)
            crowds_.push_back(crowd(*system_, orders_.idle));
        const Task mixed[] = {
            Task::of(Work::ping_pong, 2, 10'000),          Task::of(Work::counting, 2, 100'000), Task::of(Work::fork_join, 60, 60'000),
            Task::of(Work::create, 1, 10'000),             Task::of(Work::ring_shuffled, 1'000, 10'000),
            Task::of(Work::big, 120, 24'000),              Task::of(Work::fan_in, 8, 80'000),    Task::of(Work::ask, 2, 10'000),
        };
        for (auto began = now(); now() - began < orders_.used_ns;)
            for (auto& task : mixed)
                once(task);
    }

    Row measured(const Task& task) {
        Row row;
        if (task.work == Work::memory) {
            crowds_.push_back(crowd(*system_, first));
            auto before = pss_bytes();
            crowds_.push_back(crowd(*system_, task.actors));
            auto after = pss_bytes();
            row.messages = task.actors;
            row.bytes_per_actor = static_cast<double>(after > before ? after - before : 0) / static_cast<double>(task.actors);
            return row;
        }
        if (task.work == Work::open) {
            row.open = open(*system_, task, orders_.time_ns);
            none_left();
            in_order(row.open->disorder);
            row.messages = row.open->sent;
            row.disorder = row.open->disorder;
            return row;
        }
        return iterated(task);
    }

    // A part of it to see how long all takes, all of it once, and then what counts. A crowd is made for what counts alone: its part has
    // warmed up what it runs.
    Row iterated(Task task) {
        auto sample = task.part(part);
        auto per_message = static_cast<double>(once(sample).took) / static_cast<double>(sample.messages);
        auto fits = static_cast<double>(orders_.time_ns) / fitting / per_message;
        if (fits < static_cast<double>(task.messages))
            task = task.with_messages(static_cast<std::uint64_t>(fits));
        if (!task.is_crowd())
            once(task);
        Row row;
        row.messages = task.messages;
        std::int64_t total = 0;
        auto began = now();
        while (row.ns.empty() ||
               (row.ns.size() < iterations_most && total < orders_.time_ns && now() - began < slower * orders_.time_ns)) {
            auto iteration = once(task);
            total += iteration.took;
            row.disorder += iteration.disorder;
            row.ns.push_back(iteration.took);
        }
        return row;
    }

    // One iteration, looked at: what it counted, in what order, and that none of its actors is left.
    Iteration once(const Task& task) {
        auto iteration = run(task);
        auto expected = task.counts();
        std::string of = name(task.work);
        for (std::size_t at = 0; at < std::max(expected.size(), iteration.counts.size()); ++at) {
            auto count = [at](const auto& counts) { return at < counts.size() ? std::to_string(counts[at]) : "none"; };
            if (auto was_to_be = count(expected), is = count(iteration.counts); was_to_be != is)
                throw wrong(of + ": count " + std::to_string(at) + " was to be " + was_to_be + ", it is " + is);
        }
        if (iteration.took <= 0)
            throw wrong(of + ": no time passed");
        in_order(iteration.disorder);
        none_left();
        return iteration;
    }

    Iteration run(const Task& task) {
        switch (task.work) {
        case Work::ping_pong: return ping_pong(*system_, task);
        case Work::counting: return counting(*system_, task);
        case Work::ask: return ask(*system_, task);
        case Work::fork_join: return fork_join(*system_, task);
        case Work::fan_in: return fan_in(*system_, task);
        case Work::big: return big(*system_, task);
        case Work::create: return create(*system_, task);
        default: return ring(*system_, task);
        }
    }

    static void in_order(std::uint64_t disorder) {
        if (disorder > 0)
            throw wrong(std::to_string(disorder) + " messages were overtaken, where order is promised");
    }

    // Those that have told all still have to end.
    void none_left() {
        std::size_t idle = 0;
        for (auto& one : crowds_)
            idle += one.size();
        for (auto began = now(); system_->registry().running() > idle; std::this_thread::yield())
            if (now() - began > std::chrono::nanoseconds(longest).count())
                throw wrong(std::to_string(system_->registry().running() - idle) + " actors are left");
    }

    Orders orders_;
    caf::actor_system_config config_;
    std::unique_ptr<caf::actor_system> system_;
    // An idle actor ends with its handle.
    std::vector<std::vector<caf::actor>> crowds_;
    bool hangs_ = false;
};

int refused(const std::exception& why, int code) {
    std::cerr << "caf: " << why.what() << std::endl;
    return code;
}

} // namespace

} // namespace peers

int main(int argc, char** argv) try {
    peers::Program program(peers::read({argv + 1, argv + argc}));
    std::cout << peers::json(program.answered()) << std::endl;
    if (program.hangs())
        std::_Exit(EXIT_SUCCESS);
    return EXIT_SUCCESS;
} catch (const peers::Usage& why) {
    return peers::refused(why, 2);
} catch (const std::exception& why) {
    return peers::refused(why, EXIT_FAILURE);
}
