// One line for every layer class.
#include <map>

#include "layers/activation.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/layer.h"
#include "layers/host_layer.h"
#include "layers/noise.h"
#include "layers/normalization.h"
#include "layers/permute.h"
#include "layers/prelu.h"
#include "layers/preprocessing.h"
#include "layers/reshape.h"

namespace bardana {
namespace {

using Factory = std::unique_ptr<Layer> (*)(ConfigReader&);

template <class Concrete>
std::unique_ptr<Layer> make(ConfigReader& config) {
  return std::make_unique<Concrete>(config);
}

const std::map<std::string, Factory>& factories() {
  static const std::map<std::string, Factory> map = {
      {"AlphaDropout", make<AlphaDropout>},
      {"GaussianDropout", make<GaussianDropout>},
      {"GaussianNoise", make<GaussianNoise>},
      {"LayerNormalization", make<LayerNormalization>},
      {"RMSNormalization", make<RMSNormalization>},
      {"SpatialDropout1D", make<DropoutLayer>},
      {"UnitNormalization", make<UnitNormalization>},
      {"ActivityRegularization", make<Identity>},
      {"Activation", make<ActivationLayer>},
      {"BatchNormalization", make<BatchNormalization>},
      {"Dense", make<Dense>},
      {"Dropout", make<DropoutLayer>},
      {"Flatten", make<Flatten>},
      {"Identity", make<Identity>},
      {"PReLU", make<PReluLayer>},
      {"Permute", make<PermuteLayer>},
      {"Reshape", make<Reshape>},
      {"CategoryEncoding", make<CategoryEncoding>},
      {"Discretization", make<Discretization>},
      {"Embedding", make<Embedding>},
      {"Normalization", make<Normalization>},
      {"Rescaling", make<Rescaling>},
  };
  return map;
}

}  // namespace

Layer::Layer(ConfigReader& config) : name_(config.text("name")), trainable_(config.flag("trainable")) {
  config.ignore({"dtype"});
  config.ignore_endings({"_initializer", "_regularizer", "_constraint"});  // of variables: Python's, or VariableOptions
}

std::unique_ptr<Layer> make_layer(const LayerSpec& spec) {
  const auto found = factories().find(spec.class_name);
  if (found == factories().end() && !spec.host) fail("no native layer of class '", spec.class_name, "'");
  const auto name = spec.config.find("name");
  const std::string* text = name == spec.config.end() ? nullptr : std::get_if<std::string>(&name->second.data);
  ConfigReader config(concat(spec.class_name, " layer '", text == nullptr ? "?" : *text, "'"), spec.config);
  std::unique_ptr<Layer> layer = spec.host ? std::make_unique<HostLayer>(config, *spec.host) : found->second(config);
  config.finish();
  return layer;
}

std::vector<std::string> layer_names() {
  std::vector<std::string> names;
  for (const auto& [name, factory] : factories()) names.push_back(name);
  return names;
}

}  // namespace bardana
