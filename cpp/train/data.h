// The arrays of one call or batch.
#pragma once

#include "backend/source.h"

namespace bardana {

/// Users' arrays; y and weight may be absent.
struct Data {
  Source x, y, weight;
};

}  // namespace bardana
