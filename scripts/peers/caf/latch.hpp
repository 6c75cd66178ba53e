// How the main thread waits for what actors tell.
#pragma once

#include "task.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

namespace peers {

// Nanoseconds of the monotonic clock.
inline std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Nothing that is measured takes so long.
constexpr std::chrono::seconds longest{120};

// What actors tell the main thread.
template <class T>
class News {
public:
    void tell(T told) {
        std::lock_guard<std::mutex> guard(lock_);
        told_.push_back(std::move(told));
        heard_.notify_one();
    }

    T heard() {
        std::unique_lock<std::mutex> guard(lock_);
        if (!heard_.wait_for(guard, longest, [this] { return !told_.empty(); }))
            throw wrong("nothing after " + std::to_string(longest.count()) + " s: a message is missing");
        T told = std::move(told_.front());
        told_.pop_front();
        return told;
    }

private:
    std::mutex lock_;
    std::condition_variable heard_;
    std::deque<T> told_;
};

// What many count down, once each by their number from 0. That is not what is measured: neighbours share a counter, and only the last of
// them touches the one that all share.
class Latch {
public:
    explicit Latch(std::uint64_t count) : count_(count), groups_((count + group - 1) / group), left_(groups_.size()) {
        for (std::uint64_t n = 0; n < groups_.size(); ++n)
            groups_[n] = std::min(group, count - n * group);
    }

    void count_down(std::uint64_t number) {
        if (groups_[number / group].fetch_sub(1, std::memory_order_acq_rel) == 1 && left_.fetch_sub(1, std::memory_order_acq_rel) == 1)
            ended_.tell(now());
    }

    // When the last one had.
    std::int64_t ended() { return ended_.heard(); }

    // How often it was counted down: the count, where each has done so once.
    std::uint64_t counted() const {
        auto counted = count_;
        for (auto& left : groups_)
            counted -= left.load(std::memory_order_acquire);
        return counted;
    }

private:
    static constexpr std::uint64_t group = 64;

    std::uint64_t count_;
    std::vector<std::atomic<std::uint64_t>> groups_;
    std::atomic<std::uint64_t> left_;
    News<std::int64_t> ended_;
};

} // namespace peers
