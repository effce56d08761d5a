// Metrics whose state is more than a sum and a weight. Their kernels are in cpu/kernels/tallies.inl, in this order.
#pragma once

/// Numbers of the tallies, and of the parameters of the first.
enum TallyNumber { kThresholdCounts, kClassCounts, kSquares };
enum ThresholdParameter { kByLabel, kSingle, kEven, kFromBelow, kTopKCount, kClassId };

struct TallyFormula {
  const char* name;
  Parameters<6> parameters;
  int parameter_count;
};

constexpr TallyFormula kTallies[] = {
    // Weight of the targets that are, and of those that are not 0, by how many of the n thresholds their prediction
    // exceeds: [2][n + 1], one for each column if `by_label`. `single` compares float32 numbers, `even` places
    // predictions
    // between 0 and 1 by multiplication, `from_below` lets each of them exceed the first threshold then. Of a row only
    // the `top_k` largest count as they are (0: all), of the columns only `class_id` (NaN: all).
    {"threshold_counts",
     {{{"by_label", 0.0},
       {"single", 1.0},
       {"even", 0.0},
       {"from_below", 0.0},
       {"top_k", 0.0},
       {"class_id", __builtin_nan("")}}},
     6},
    // Of each column the weights of t p, (1 − t) p, t (1 − p) and t, p being 1 where a prediction exceeds `threshold`,
    // or (NaN) where it is the largest of its row and not 0: [4][columns].
    {"class_counts", {{{"single", 1.0}, {"threshold", __builtin_nan("")}}}, 2},
    // Number of targets; of each column the weights of t², t, (t − y)² and 1: 1 + [4][columns].
    {"squares", {}, 0},
};
constexpr int kTallyCount = sizeof(kTallies) / sizeof(kTallies[0]);
