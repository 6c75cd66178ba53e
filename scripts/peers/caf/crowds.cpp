// Many actors: one sends to all, all send to one, each pings any.
#include "seeded.hpp"
#include "works.hpp"

#include <numeric>

namespace peers {

namespace {

using caf::actor;
using caf::behavior;

// What each counted, by its number, told when it ends.
struct Counts {
    explicit Counts(std::uint64_t actors) : of(actors), answered(actors), told(actors) {}

    std::vector<std::uint64_t> of, answered;
    Latch told;
};

class Receiver : public caf::event_based_actor {
public:
    Receiver(caf::actor_config& config, std::uint64_t number, std::uint64_t each, Latch* latch, Counts* counts)
        : event_based_actor(config), number_(number), each_(each), latch_(latch), counts_(counts) {}

    behavior make_behavior() override {
        return {[this](increment_atom) {
                    if (++count_ == each_)
                        latch_->count_down(number_);
                },
                [this](tell_atom) {
                    counts_->of[number_] = count_;
                    counts_->told.count_down(number_);
                    quit();
                }};
    }

private:
    std::uint64_t number_, each_, count_ = 0;
    Latch* latch_;
    Counts* counts_;
};

class Sender : public caf::event_based_actor {
public:
    Sender(caf::actor_config& config, std::vector<actor> receivers, std::uint64_t messages)
        : event_based_actor(config), receivers_(std::move(receivers)), left_(messages) {}

    behavior make_behavior() override {
        return {[this](next_atom) {
            for (auto n = std::min(chunk, left_); n > 0; --n, --left_) {
                send(receivers_[place_], increment_atom::value);
                if (++place_ == receivers_.size())
                    place_ = 0;
            }
            if (left_ > 0)
                send(this, next_atom::value);
            else
                quit();
        }};
    }

private:
    std::vector<actor> receivers_;
    std::uint64_t left_;
    std::size_t place_ = 0;
};

struct InOrder {
    std::int64_t at;
    std::vector<std::uint64_t> counts;
    std::uint64_t disorder;
};

class Gatherer : public caf::event_based_actor {
public:
    Gatherer(caf::actor_config& config, const Task& task, News<InOrder>* news)
        : event_based_actor(config), next_(task.actors), counts_(task.actors), left_(task.messages), news_(news) {}

    behavior make_behavior() override {
        return {[this](std::uint64_t sender, std::uint64_t number) {
            if (number < next_[sender])
                ++disorder_;
            else
                next_[sender] = number + 1;
            ++counts_[sender];
            if (--left_ == 0) {
                news_->tell({peers::now(), std::move(counts_), disorder_});
                quit();
            }
        }};
    }

private:
    std::vector<std::uint64_t> next_, counts_;
    std::uint64_t left_, disorder_ = 0;
    News<InOrder>* news_;
};

class Numbering : public caf::event_based_actor {
public:
    Numbering(caf::actor_config& config, actor gatherer, std::uint64_t sender, std::uint64_t each)
        : event_based_actor(config), gatherer_(std::move(gatherer)), sender_(sender), each_(each) {}

    behavior make_behavior() override {
        return {[this](next_atom) {
            for (auto end = std::min(each_, number_ + chunk); number_ < end; ++number_)
                send(gatherer_, sender_, number_);
            if (number_ < each_)
                send(this, next_atom::value);
            else
                quit();
        }};
    }

private:
    actor gatherer_;
    std::uint64_t sender_, each_, number_ = 0;
};

class Pinger : public caf::event_based_actor {
public:
    Pinger(caf::actor_config& config, std::uint64_t number, std::uint64_t each, const std::vector<actor>* all, Latch* latch, Counts* counts)
        : event_based_actor(config), number_(number), each_(each), drawn_(Seeded::stream(1, number)), all_(all), latch_(latch),
          counts_(counts) {}

    behavior make_behavior() override {
        return {[this](ping_atom) {
                    ++answered_;
                    send(caf::actor_cast<actor>(current_sender()), pong_atom::value);
                },
                [this](pong_atom) {
                    if (++pongs_ == each_)
                        latch_->count_down(number_);
                    else
                        ping();
                },
                [this](begin_atom) { ping(); },
                [this](tell_atom) {
                    counts_->of[number_] = pongs_;
                    counts_->answered[number_] = answered_;
                    counts_->told.count_down(number_);
                    quit();
                }};
    }

private:
    void ping() { send((*all_)[drawn_.below(all_->size())], ping_atom::value); }

    std::uint64_t number_, each_, pongs_ = 0, answered_ = 0;
    Seeded drawn_;
    // That all know all is no circle of handles: they are the main thread's.
    const std::vector<actor>* all_;
    Latch* latch_;
    Counts* counts_;
};

void tell(const std::vector<actor>& all, Counts& counts) {
    for (auto& one : all)
        caf::anon_send(one, tell_atom::value);
    counts.told.ended();
}

} // namespace

Iteration fork_join(caf::actor_system& system, const Task& task) {
    Latch latch(task.actors);
    Counts counts(task.actors);
    std::vector<actor> receivers;
    for (std::uint64_t number = 0; number < task.actors; ++number)
        receivers.push_back(system.spawn<Receiver>(number, task.each(), &latch, &counts));
    auto sender = system.spawn<Sender>(receivers, task.messages);
    auto began = now();
    caf::anon_send(sender, next_atom::value);
    auto took = latch.ended() - began;
    tell(receivers, counts);
    return {took, counts.of};
}

Iteration fan_in(caf::actor_system& system, const Task& task) {
    News<InOrder> news;
    auto gatherer = system.spawn<Gatherer>(task, &news);
    std::vector<actor> senders;
    for (std::uint64_t sender = 0; sender < task.actors; ++sender)
        senders.push_back(system.spawn<Numbering>(gatherer, sender, task.each()));
    auto began = now();
    for (auto& sender : senders)
        caf::anon_send(sender, next_atom::value);
    auto told = news.heard();
    return {told.at - began, told.counts, told.disorder};
}

Iteration big(caf::actor_system& system, const Task& task) {
    Latch latch(task.actors);
    Counts counts(task.actors);
    std::vector<actor> all;
    all.reserve(task.actors);
    for (std::uint64_t number = 0; number < task.actors; ++number)
        all.push_back(system.spawn<Pinger>(number, task.each(), &all, &latch, &counts));
    auto began = now();
    for (auto& one : all)
        caf::anon_send(one, begin_atom::value);
    auto took = latch.ended() - began;
    tell(all, counts);
    counts.of.push_back(std::accumulate(counts.answered.begin(), counts.answered.end(), std::uint64_t{0}));
    return {took, counts.of};
}

} // namespace peers
