// The formulas for ordinary translation units, where they serve for names, parameters and single numbers. ISA files
// include the same headers inside their own unnamed namespaces instead.
#pragma once

#include "math/function.h"

namespace bardana {
#include "math/layout.h"
#include "math/philox.h"
#include "math/formula.h"
#include "math/piecewise.h"
#include "math/activations.h"
#include "math/losses.h"
#include "math/tallies.h"
#include "math/optimizers.h"
#include "math/schedules.h"
#include "math/constraints.h"

/// Calls visit(Formula{}, number) for every formula of a list.
template <class... Formulas, class Visit>
void for_each_formula(FormulaList<Formulas...>, Visit visit) {
  int number = 0;
  (visit(Formulas{}, number++), ...);
}

}  // namespace bardana
