// SplitMix64, as bench/src/seeded.rs has it.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace peers {

class Seeded {
public:
    explicit Seeded(std::uint64_t seed) : state_(seed) {}

    static Seeded stream(std::uint64_t seed, std::uint64_t stream) {
        auto apart = Seeded(stream ^ 0x5851f42d4c957f2d).number();
        return Seeded(Seeded(seed).number() + ((apart << 29) | (apart >> 35)));
    }

    std::uint64_t number() {
        auto mixed = state_ += 0x9e3779b97f4a7c15;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }

    std::uint64_t below(std::uint64_t bound) {
        return static_cast<std::uint64_t>((static_cast<unsigned __int128>(number()) * bound) >> 64);
    }

    template <class T>
    void shuffle(std::vector<T>& items) {
        for (auto last = items.size(); last-- > 1;)
            std::swap(items[last], items[below(last + 1)]);
    }

private:
    std::uint64_t state_;
};

} // namespace peers
