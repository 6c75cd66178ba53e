// Two actors: one ball between them, one that sends and one that counts, one that asks another.
#include "works.hpp"

namespace peers {

namespace {

using caf::actor;
using caf::behavior;

// When the last message was handled, and what was counted.
struct Told {
    std::int64_t at;
    std::vector<std::uint64_t> counts;
};

class Ping : public caf::event_based_actor {
public:
    Ping(caf::actor_config& config, std::uint64_t trips, News<Told>* news) : event_based_actor(config), left_(trips), news_(news) {}

    behavior make_behavior() override {
        return {[this](pong_atom) {
                    ++count_;
                    if (--left_ > 0) {
                        send(pong_, ping_atom::value);
                        return;
                    }
                    news_->tell({peers::now(), {count_}});
                    quit();
                },
                [this](begin_atom, const actor& pong) {
                    pong_ = pong;
                    send(pong_, ping_atom::value);
                }};
    }

    // Whom it knows knows it.
    void on_exit() override { pong_ = nullptr; }

private:
    actor pong_;
    std::uint64_t left_, count_ = 0;
    News<Told>* news_;
};

class Pong : public caf::event_based_actor {
public:
    Pong(caf::actor_config& config, actor ping, News<std::uint64_t>* news) : event_based_actor(config), ping_(std::move(ping)), news_(news) {}

    behavior make_behavior() override {
        return {[this](ping_atom) {
                    ++count_;
                    send(ping_, pong_atom::value);
                },
                [this](tell_atom) {
                    news_->tell(count_);
                    quit();
                }};
    }

    void on_exit() override { ping_ = nullptr; }

private:
    actor ping_;
    std::uint64_t count_ = 0;
    News<std::uint64_t>* news_;
};

class Counter : public caf::event_based_actor {
public:
    Counter(caf::actor_config& config, std::uint64_t messages, News<Told>* news) : event_based_actor(config), messages_(messages), news_(news) {}

    behavior make_behavior() override {
        return {[this](increment_atom) {
            if (++total_ == messages_) {
                news_->tell({peers::now(), {total_}});
                quit();
            }
        }};
    }

private:
    std::uint64_t messages_, total_ = 0;
    News<Told>* news_;
};

class Producer : public caf::event_based_actor {
public:
    Producer(caf::actor_config& config, actor counter, std::uint64_t messages)
        : event_based_actor(config), counter_(std::move(counter)), left_(messages) {}

    behavior make_behavior() override {
        return {[this](next_atom) {
            for (auto n = std::min(chunk, left_); n > 0; --n, --left_)
                send(counter_, increment_atom::value);
            if (left_ > 0)
                send(this, next_atom::value);
            else
                quit();
        }};
    }

private:
    actor counter_;
    std::uint64_t left_;
};

class Asker : public caf::event_based_actor {
public:
    Asker(caf::actor_config& config, actor server, std::uint64_t messages, News<Told>* news)
        : event_based_actor(config), server_(std::move(server)), messages_(messages), news_(news) {}

    behavior make_behavior() override {
        return {[this](next_atom) { question(); }};
    }

private:
    void question() {
        request(server_, caf::infinite, answers_).then([this](std::uint64_t answer) {
            sum_ += answer;
            if (++answers_ < messages_) {
                question();
                return;
            }
            news_->tell({peers::now(), {answers_, sum_}});
            quit();
        });
    }

    actor server_;
    std::uint64_t messages_, answers_ = 0, sum_ = 0;
    News<Told>* news_;
};

class Server : public caf::event_based_actor {
public:
    explicit Server(caf::actor_config& config) : event_based_actor(config) {}

    behavior make_behavior() override {
        return {[](std::uint64_t question) { return question + 1; }, [this](tell_atom) { quit(); }};
    }
};

} // namespace

Iteration ping_pong(caf::actor_system& system, const Task& task) {
    News<Told> news;
    News<std::uint64_t> pongs;
    auto ping = system.spawn<Ping>(task.each(), &news);
    auto pong = system.spawn<Pong>(ping, &pongs);
    auto began = now();
    caf::anon_send(ping, begin_atom::value, pong);
    auto told = news.heard();
    caf::anon_send(pong, tell_atom::value);
    told.counts.push_back(pongs.heard());
    return {told.at - began, told.counts};
}

Iteration counting(caf::actor_system& system, const Task& task) {
    News<Told> news;
    auto counter = system.spawn<Counter>(task.messages, &news);
    auto producer = system.spawn<Producer>(counter, task.messages);
    auto began = now();
    caf::anon_send(producer, next_atom::value);
    auto told = news.heard();
    return {told.at - began, told.counts};
}

Iteration ask(caf::actor_system& system, const Task& task) {
    News<Told> news;
    auto server = system.spawn<Server>();
    auto asker = system.spawn<Asker>(server, task.messages, &news);
    auto began = now();
    caf::anon_send(asker, next_atom::value);
    auto told = news.heard();
    caf::anon_send(server, tell_atom::value);
    return {told.at - began, told.counts};
}

} // namespace peers
