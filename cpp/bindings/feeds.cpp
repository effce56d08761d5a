// _core.Feed, and the methods of _core.Model that take their batches from one.
#include "bindings/bind.h"

#include <pybind11/stl.h>

#include <algorithm>
#include <limits>

#include "bindings/arrays.h"
#include "bindings/gil.h"
#include "bindings/host_calls.h"
#include "train/model.h"

namespace bardana::bindings {
namespace {

/// A feed whose batches are owned by tuples of NumPy arrays. The engine never touches them: they are released here, on
/// threads that hold the GIL.
class PyFeed {
 public:
  explicit PyFeed(int64_t capacity) : feed_(static_cast<size_t>(capacity)) {
    if (capacity < 1) fail("capacity: expected a positive integer, received ", capacity);
  }
  ~PyFeed() { release(feed_.all()); }
  PyFeed(const PyFeed&) = delete;
  PyFeed& operator=(const PyFeed&) = delete;

  Feed& feed() { return feed_; }

  /// Waits for room; false once nobody wants any more.
  bool put(const py::object& x, const py::object& y, const py::object& weight) {
    release(feed_.returned());
    Feed::Batch batch{{source_of(x, "x"), source_of(y, "y"), source_of(weight, "sample_weight")}};
    if (batch.data.x.data == nullptr) throw py::type_error("x: expected a NumPy array, received None");
    batch.owner = py::make_tuple(x, y, weight).release().ptr();
    if (!feed_.try_put(batch)) {
      const WithoutGil release;
      feed_.put(batch);
    }
    return !feed_.closed();
  }

  /// Waits a little; nothing if it is not known yet whether there is a next batch.
  std::optional<bool> has_more() {
    Feed::Next next;
    {
      const WithoutGil release;
      next = feed_.wait(std::chrono::milliseconds(50));
    }
    if (next == Feed::Next::nothing_yet) return std::nullopt;
    return next == Feed::Next::batch;
  }

  void finish() { feed_.finish(); }
  void close() { feed_.close(); }

 private:
  static void release(const std::vector<Feed::Owner>& owners) {
    for (Feed::Owner owner : owners) py::handle(static_cast<PyObject*>(owner)).dec_ref();
  }

  Feed feed_;
};

int64_t at_most(const std::optional<int64_t>& steps) { return steps.value_or(std::numeric_limits<int64_t>::max()); }

using Run = FedTotals (Model::*)(Feed&, int64_t, Hooks&);

template <Run run>
py::tuple run_feed(Model& model, PyFeed& source, const std::optional<int64_t>& steps, py::object begin, py::object end,
                   py::object progress) {
  PythonHooks hooks{std::move(begin), std::move(end), std::move(progress)};
  FedTotals result;
  {
    const WithoutGil release;
    result = (model.*run)(source.feed(), at_most(steps), hooks);
  }
  return py::make_tuple(totals_list(result.totals), result.steps);
}

py::tuple predict_feed(Model& model, PyFeed& source, const std::optional<int64_t>& steps, py::object begin,
                       py::object end, py::object progress) {
  PythonHooks hooks{std::move(begin), std::move(end), std::move(progress)};
  const Network& network = model.network();
  hooks.expect_outputs(network.dtype, network.output_shape, 1);
  FedOutputs outputs;
  int64_t bytes = 0;
  {
    const WithoutGil release;
    outputs = model.predict_feed(source.feed(), at_most(steps), hooks);
  }
  for (const auto& batch : outputs) bytes += static_cast<int64_t>(batch.size());
  const int64_t row_bytes = size_of(network.output_shape) * bytes_of(network.dtype);
  py::array all = new_rows(network.dtype, bytes / row_bytes, network.output_shape);
  auto* target = static_cast<std::byte*>(all.mutable_data());
  for (const auto& batch : outputs) target = std::copy(batch.begin(), batch.end(), target);
  return py::make_tuple(all, outputs.size());
}

}  // namespace

void bind_feeds(py::module_& module) {
  using namespace py::literals;
  py::class_<PyFeed>(module, "Feed")
      .def(py::init<int64_t>(), "capacity"_a)
      .def("put", &PyFeed::put, "x"_a, "y"_a, "sample_weight"_a)
      .def("has_more", &PyFeed::has_more)
      .def("finish", &PyFeed::finish)
      .def("close", &PyFeed::close);
  py::object model = module.attr("Model");
  const auto add = [&](const char* name, auto method) {
    model.attr(name) =
        py::cpp_function(method, py::name(name), py::is_method(model), "feed"_a, "steps"_a = py::none(),
                         "on_batch_begin"_a = py::none(), "on_batch_end"_a = py::none(), "on_progress"_a = py::none());
  };
  add("train_feed", &run_feed<&Model::train_feed>);
  add("evaluate_feed", &run_feed<&Model::evaluate_feed>);
  add("predict_feed", &predict_feed);
}

}  // namespace bardana::bindings
