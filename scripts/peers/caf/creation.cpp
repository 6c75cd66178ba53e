// Actors that are made: each handles a message and ends, or stays.
#include "works.hpp"

namespace peers {

namespace {

using caf::actor;
using caf::behavior;

// So many are made before the maker goes on by a message to itself. Few wait then, and a worker steals from the end of another's queue,
// for which it walks through all of it.
constexpr std::uint64_t batch = 16;

class Created : public caf::event_based_actor {
public:
    Created(caf::actor_config& config, Latch* latch) : event_based_actor(config), latch_(latch) {}

    behavior make_behavior() override {
        return {[this](std::uint64_t number) {
            latch_->count_down(number);
            quit();
        }};
    }

private:
    Latch* latch_;
};

class Maker : public caf::event_based_actor {
public:
    Maker(caf::actor_config& config, std::uint64_t actors, Latch* latch) : event_based_actor(config), actors_(actors), latch_(latch) {}

    behavior make_behavior() override {
        return {[this](next_atom) {
            for (auto end = std::min(actors_, number_ + batch); number_ < end; ++number_)
                send(spawn<Created, caf::lazy_init>(latch_), number_);
            if (number_ < actors_)
                send(this, next_atom::value);
            else
                quit();
        }};
    }

private:
    std::uint64_t actors_, number_ = 0;
    Latch* latch_;
};

// It has its number and how many messages it handled: 16 bytes of its own.
class Idle : public caf::event_based_actor {
public:
    Idle(caf::actor_config& config, std::uint64_t number) : event_based_actor(config), number_(number) {}

    behavior make_behavior() override {
        return {[this](hello_atom) { return number_ + ++handled_; }};
    }

private:
    std::uint64_t number_, handled_ = 0;
};

} // namespace

Iteration create(caf::actor_system& system, const Task& task) {
    Latch latch(task.messages);
    auto maker = system.spawn<Maker>(task.messages, &latch);
    auto began = now();
    caf::anon_send(maker, next_atom::value);
    auto took = latch.ended() - began;
    return {took, {latch.counted()}};
}

std::vector<actor> crowd(caf::actor_system& system, std::uint64_t actors) {
    // By waves, for the same.
    constexpr std::uint64_t wave = 1'000;
    caf::scoped_actor greeter{system};
    std::vector<actor> made;
    made.reserve(actors);
    while (made.size() < actors) {
        auto before = made.size(), after = std::min(before + wave, actors);
        for (auto number = before; number < after; ++number) {
            made.push_back(system.spawn<Idle, caf::lazy_init>(number));
            greeter->send(made.back(), hello_atom::value);
        }
        for (auto number = before; number < after; ++number)
            greeter->receive([](std::uint64_t) {}, caf::after(longest) >> [] { throw wrong("an idle actor does not answer"); });
    }
    return made;
}

} // namespace peers
