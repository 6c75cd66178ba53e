// What is measured: each iteration with actors of its own, none of which is left afterwards.
#pragma once

#include "latch.hpp"
#include "task.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <cstdint>
#include <vector>

namespace peers {

struct Iteration {
    std::int64_t took;
    std::vector<std::uint64_t> counts;
    std::uint64_t disorder = 0;
};

// What came of an open load.
struct Opened {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> latency;
    std::uint64_t sent = 0;
    std::uint64_t late = 0;
    std::int64_t took_ns = 0;
    std::uint64_t disorder = 0;
};

Iteration ping_pong(caf::actor_system& system, const Task& task);
Iteration counting(caf::actor_system& system, const Task& task);
Iteration ask(caf::actor_system& system, const Task& task);
Iteration fork_join(caf::actor_system& system, const Task& task);
Iteration fan_in(caf::actor_system& system, const Task& task);
Iteration big(caf::actor_system& system, const Task& task);
Iteration ring(caf::actor_system& system, const Task& task);
Iteration create(caf::actor_system& system, const Task& task);
// Idle actors that have each handled one message, and stay as long as their handles.
std::vector<caf::actor> crowd(caf::actor_system& system, std::uint64_t actors);
// So many messages a second from this thread, in turns to so many actors.
Opened open(caf::actor_system& system, const Task& task, std::int64_t time_ns);

// Messages that a producer sends before it lets its worker do something else, and goes on by a message to itself.
constexpr std::uint64_t chunk = 64;

// The first message: here with who is to be sent to.
using begin_atom = caf::atom_constant<caf::atom("begin")>;
// Go on with the next chunk.
using next_atom = caf::atom_constant<caf::atom("next")>;
// Tell what was counted, and end.
using tell_atom = caf::atom_constant<caf::atom("tell")>;
using ping_atom = caf::atom_constant<caf::atom("ping")>;
using pong_atom = caf::atom_constant<caf::atom("pong")>;
using increment_atom = caf::atom_constant<caf::atom("increment")>;
using hello_atom = caf::atom_constant<caf::atom("hello")>;

} // namespace peers
