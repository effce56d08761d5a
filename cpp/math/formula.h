// What every formula tells about itself: its name, its parameters, and which tensor its gradient needs.
#pragma once

/// The tensor that an activation's gradient is computed from.
enum class Saves { input, output };

/// Behind which last activation a loss is taken from what that was made from, instead of from its output.
enum class Behind { nothing, sigmoid, either };

struct Parameter {
  const char* name;
  double value;  // default
};

/// Named parameters with defaults; count may be 0.
template <int Count>
struct Parameters {
  static constexpr int count = Count;
  Parameter list[Count == 0 ? 1 : Count];
};

/// A list of formula types; the position in the list is the formula's number in kernel tables.
template <class... Formulas>
struct FormulaList {
  static constexpr int count = sizeof...(Formulas);
};
