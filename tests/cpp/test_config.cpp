// ConfigReader, alone and in every layer of the registry: a missing key, an unknown key or a value of the wrong type is
// an error whose message begins with the owner.
#include "common/config.h"

#include <algorithm>

#include "layers/layer.h"
#include "support.h"

namespace bardana::test {
namespace {

/// Message of the std::invalid_argument that call() throws, or "" if it throws none.
template <class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

const Value::Dict kAll = {
    {"flag", {true}},
    {"integer", {int64_t{3}}},
    {"number", {0.5}},
    {"text", {std::string("abc")}},
    {"shape", {Value::List{{int64_t{2}}, {int64_t{-1}}}}},
    {"none", {}},
};

/// A sample of each layer class; keys that the layer ignores are left out.
std::vector<LayerSpec> samples() {
  const Value last_axis = list_of(Shape{-1});
  return {dense("a", 4, "relu"),
          activation("b", "softmax"),
          dropout("c", 0.5, 1),
          flatten("d"),
          reshape("e", {2, -1}),
          layer("Identity", "f", {}),
          layer("Permute", "g", {{"dims", list_of(Shape{2, 1})}}),
          layer("PReLU", "h", {{"shared_axes", {}}}),
          batch_normalization("i", 0.5),
          embedding("j", 5, 3),
          normalization("k", true),
          rescaling("l", 2.0),
          discretization("m", {1.0}),
          category_encoding("n", 3),
          layer_normalization("o"),
          layer("RMSNormalization", "p", {{"axis", last_axis}, {"epsilon", {0.5}}}),
          layer("UnitNormalization", "q", {{"axis", last_axis}}),
          layer("ActivityRegularization", "r", {}),
          layer("AlphaDropout", "s", {{"rate", {0.5}}, {"seed", {int64_t{1}}}, {"noise_shape", {}}}),
          layer("GaussianDropout", "t", {{"rate", {0.5}}, {"seed", {int64_t{1}}}}),
          gaussian_noise("u", 0.5, 1),
          layer("SpatialDropout1D", "v",
                {{"rate", {0.5}}, {"seed", {int64_t{1}}}, {"noise_shape", list_of(Shape{-1, 1, -1})}})};
}

}  // namespace

TEST_CASE("values come out as they went in") {
  ConfigReader reader("owner", kAll);
  CHECK(reader.flag("flag"));
  CHECK(reader.integer("integer") == 3);
  CHECK(reader.number("number") == 0.5);
  CHECK(reader.number("integer") == 3.0);
  CHECK(reader.text("text") == "abc");
  CHECK(reader.shape("shape") == Shape{2, -1});
  CHECK(reader.is_none("none"));
  CHECK_FALSE(reader.is_none("flag"));
  CHECK_NOTHROW(reader.finish());
}

TEST_CASE("a missing key names the owner and the key") {
  ConfigReader reader("Dense layer 'h'", kAll);
  CHECK(message_of([&] { reader.integer("units"); }) == "Dense layer 'h': the configuration lacks the key 'units'");
  CHECK(message_of([&] { reader.is_none("units"); }) == "Dense layer 'h': the configuration lacks the key 'units'");
}

TEST_CASE("an unknown key names the owner and the key, unless it is ignored") {
  const Value::Dict dict = {{"units", {int64_t{3}}}, {"unit", {int64_t{3}}}};
  ConfigReader reader("Dense layer 'h'", dict);
  reader.integer("units");
  CHECK(message_of([&] { reader.finish(); }) == "Dense layer 'h': the configuration has an unknown key 'unit'");
  reader.ignore({"unit", "absent"});
  CHECK_NOTHROW(reader.finish());
}

TEST_CASE("a value of the wrong type names the owner, the key and what was expected") {
  ConfigReader reader("owner", kAll);
  CHECK(message_of([&] { reader.flag("integer"); }) == "owner: expected a bool for 'integer'");
  CHECK(message_of([&] { reader.integer("flag"); }) == "owner: expected an integer for 'flag'");
  CHECK(message_of([&] { reader.integer("number"); }) == "owner: expected an integer for 'number'");
  CHECK(message_of([&] { reader.number("text"); }) == "owner: expected a number for 'text'");
  CHECK(message_of([&] { reader.number("flag"); }) == "owner: expected a number for 'flag'");
  CHECK(message_of([&] { reader.text("none"); }) == "owner: expected a string for 'none'");
  CHECK(message_of([&] { reader.shape("integer"); }) == "owner: expected a list of integers for 'integer'");
  const Value::Dict floats = {{"shape", {Value::List{{2.0}}}}};
  ConfigReader other("owner", floats);
  CHECK(message_of([&] { other.shape("shape"); }) == "owner: expected a list of integers for 'shape'");
}

TEST_CASE("every layer class has a sample here") {
  std::vector<std::string> sampled;
  for (const LayerSpec& sample : samples()) sampled.push_back(sample.class_name);
  std::sort(sampled.begin(), sampled.end());
  CHECK(sampled == layer_names());
}

TEST_CASE("every layer refuses configurations that are not its own") {
  const Value wrong = {Value::List{{Value::Dict{}}}};
  for (const LayerSpec& sample : samples()) {
    const std::string name = std::get<std::string>(sample.config.at("name").data);
    const std::string owner = sample.class_name + " layer '" + name + "'";
    CAPTURE(owner);
    CHECK(make_layer(sample)->name() == name);
    LayerSpec unknown = sample;
    unknown.config["colour"] = {std::string("blue")};
    CHECK(message_of([&] { make_layer(unknown); }) == owner + ": the configuration has an unknown key 'colour'");
    for (const auto& entry : sample.config) {
      const std::string& key = entry.first;
      CAPTURE(key);
      LayerSpec missing = sample, mistyped = sample;
      missing.config.erase(key);
      mistyped.config[key] = wrong;
      const std::string begin = sample.class_name + " layer '" + (key == "name" ? "?" : name) + "': ";
      CHECK(message_of([&] { make_layer(missing); }) == begin + "the configuration lacks the key '" + key + "'");
      CHECK(message_of([&] { make_layer(mistyped); }).starts_with(begin + "expected "));
    }
  }
}

TEST_CASE("values out of range name the layer") {
  CHECK(message_of([] { make_layer(dense("h", 0, "relu")); }) == "Dense layer 'h': expected units > 0, received 0");
  CHECK(message_of([] { make_layer(dropout("d", 1.5, 0)); }).starts_with("Dropout layer 'd': expected 0 <= rate <= 1"));
  CHECK(message_of([] { make_layer(dropout("d", std::nan(""), 0)); }).starts_with("Dropout layer 'd': "));
  CHECK(message_of([] {
          make_layer(reshape("r", {-1, -1}));
        }).starts_with("Reshape layer 'r': expected a target_shape "));
  CHECK(message_of([] { make_layer(reshape("r", {-2, -3}))->output_shape({6}); }).starts_with("Reshape layer 'r': "));
  CHECK(message_of([] { make_layer(reshape("r", {4, -1}))->output_shape({6}); }).starts_with("Reshape layer 'r': "));
  CHECK(message_of([] { make_layer(reshape("r", {0, -1}))->output_shape({6}); }).starts_with("Reshape layer 'r': "));
  CHECK(message_of([] { make_layer(dense("h", 3, "relu"))->output_shape({}); }).starts_with("Dense layer 'h': "));
  CHECK(message_of([] { make_layer(dense("h", 3, "rellu")); }).starts_with("Dense layer 'h': "));
  CHECK(message_of([] { make_layer(embedding("e", 0, 3)); }).starts_with("Embedding layer 'e': expected input_dim "));
  CHECK(message_of([] { make_layer(category_encoding("c", 0)); }).starts_with("CategoryEncoding layer 'c': "));
  CHECK(message_of([] { make_layer(category_encoding("c", 2))->output_shape({}); }).starts_with("CategoryEncoding "));
  CHECK(message_of([] { make_layer(discretization("d", {2.0, 1.0})); }).starts_with("Discretization layer 'd': "));
  CHECK(message_of([] { make_layer(normalization("n"))->output_shape({}); }).starts_with("Normalization layer 'n': "));
  CHECK(message_of([] { make_layer({"Conv2D", {}}); }) == "no native layer of class 'Conv2D'");
}

}  // namespace bardana::test
