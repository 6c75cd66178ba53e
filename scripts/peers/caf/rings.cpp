// A ring of actors, in the order in which they were made or in one that was drawn.
#include "seeded.hpp"
#include "works.hpp"

#include <numeric>

namespace peers {

namespace {

using caf::actor;

struct Last {
    std::int64_t at;
    std::uint64_t place;
};

struct Round {
    explicit Round(std::uint64_t actors) : hops(actors), linked(actors), told(actors) {}

    std::vector<std::uint64_t> hops;
    Latch linked, told;
    News<Last> news;
};

class Hopper : public caf::event_based_actor {
public:
    Hopper(caf::actor_config& config, Round* round) : event_based_actor(config), round_(round) {}

    caf::behavior make_behavior() override {
        return {[this](std::uint64_t left) {
                    ++count_;
                    if (left > 1)
                        send(next_, left - 1);
                    else
                        round_->news.tell({peers::now(), place_});
                },
                [this](begin_atom, const actor& next, std::uint32_t place) {
                    next_ = next;
                    place_ = place;
                    round_->linked.count_down(place);
                },
                [this](tell_atom) {
                    round_->hops[place_] = count_;
                    round_->told.count_down(place_);
                    quit();
                }};
    }

    // A ring of handles would keep itself.
    void on_exit() override { next_ = nullptr; }

private:
    actor next_;
    std::uint32_t place_ = 0, count_ = 0;
    // Not in the token: a message of two values costs more to match than these bytes of an actor that has hundreds.
    Round* round_;
};

} // namespace

Iteration ring(caf::actor_system& system, const Task& task) {
    Round round(task.actors);
    std::vector<actor> places;
    places.reserve(task.actors);
    for (std::uint64_t n = 0; n < task.actors; ++n)
        places.push_back(system.spawn<Hopper, caf::lazy_init>(&round));
    if (task.work == Work::ring_shuffled)
        Seeded(1).shuffle(places);
    for (std::uint64_t place = 0; place < task.actors; ++place)
        caf::anon_send(places[place], begin_atom::value, places[(place + 1) % task.actors], static_cast<std::uint32_t>(place));
    round.linked.ended();
    auto began = now();
    caf::anon_send(places[0], task.messages);
    auto last = round.news.heard();
    for (auto& one : places)
        caf::anon_send(one, tell_atom::value);
    round.told.ended();
    return {last.at - began, {std::accumulate(round.hops.begin(), round.hops.end(), std::uint64_t{0}), last.place}};
}

} // namespace peers
