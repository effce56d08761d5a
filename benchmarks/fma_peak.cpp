// The float32 fused multiply-adds a second that this machine makes out of registers, the roof of every dense kernel.
// Prints a JSON line {"<instruction set>": [GFLOP/s on 1 thread, on 2, …]}; the argument is the number of threads.
//
//   g++ -O3 -march=native -pthread fma_peak.cpp -o fma_peak && ./fma_peak 2
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kAccumulators = 12;  // more than latency times throughput: 4 cycles × 2 a cycle
constexpr long kRounds = 4'000'000;
constexpr int kRepetitions = 15;  // the best counts: anything less was disturbed

template <int Bytes>
using Vector __attribute__((vector_size(Bytes))) = float;

template <int Bytes>
float multiply_add(long rounds, float scale, float shift) {
  using V = Vector<Bytes>;
  const V a = V{} + scale, b = V{} + shift;
  V sums[kAccumulators];
  // None starts at shift / (1 − scale), where it would stay, and the compiler would leave its arithmetic out.
  for (int i = 0; i < kAccumulators; ++i) sums[i] = V{} + (static_cast<float>(i) + 1.5F);
  for (long round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kAccumulators; ++i) sums[i] = sums[i] * a + b;
  }
  V total{};
  for (const V& sum : sums) total += sum;
  return total[0];
}

// Seconds until all threads, started together, are done.
template <int Bytes>
double seconds(int threads) {
  std::atomic<int> waiting{threads};
  std::atomic<float> sink{0.0F};
  std::vector<double> taken(threads);
  std::vector<std::thread> pool;
  for (int index = 0; index < threads; ++index) {
    pool.emplace_back([&, index] {
      --waiting;
      while (waiting > 0) {
      }
      const auto begin = std::chrono::steady_clock::now();
      const volatile float scale = 0.999F, shift = 0.001F;  // unknown to the compiler
      sink = multiply_add<Bytes>(kRounds, scale, shift);
      taken[index] = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    });
  }
  for (std::thread& thread : pool) thread.join();
  return *std::max_element(taken.begin(), taken.end());
}

template <int Bytes>
std::string peaks(const char* name, int most_threads) {
  std::string line = "\"" + std::string(name) + "\": [";
  for (int threads = 1; threads <= most_threads; ++threads) {
    double best = seconds<Bytes>(threads);
    for (int repetition = 1; repetition < kRepetitions; ++repetition) best = std::min(best, seconds<Bytes>(threads));
    const double flop = 2.0 * (Bytes / sizeof(float)) * kAccumulators * kRounds * threads;
    line += (threads > 1 ? ", " : "") + std::to_string(flop / best / 1e9);
  }
  return line + "]";
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::max(1, std::atoi(argv[1])) : 1;
  std::string line = "{";
#if defined(__AVX512F__)
  line += peaks<64>("avx512", threads) + ", ";
#endif
#if defined(__aarch64__)
  line += peaks<16>("neon", threads);
#elif defined(__AVX2__) && defined(__FMA__)
  line += peaks<32>("avx2", threads);
#else
  line += peaks<16>("baseline", threads);
#endif
  std::printf("%s}\n", line.c_str());
}
