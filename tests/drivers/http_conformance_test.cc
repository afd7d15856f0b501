#include <arpa/inet.h>
#include <fmt/core.h>
#include <sys/socket.h>

#include <charconv>
#include <map>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "drivers/conformance.h"
#include "drivers/http/http.h"
#include "drivers/http/model.h"

namespace slipway::drivers {
namespace {

using base::JsonObject;

// A service that keeps what is put and answers with what it was sent, one connection at a time. /broken says
// 503.
class Service {
 public:
  Service() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_.get(), 64), 0);
    EXPECT_EQ(getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    url_ = fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
    thread_ = std::jthread([this] {
      while (true) {
        base::Fd peer(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!peer.valid()) return;
        Serve(peer.get());
      }
    });
  }
  ~Service() { shutdown(listener_.get(), SHUT_RDWR); }
  const std::string& url() const { return url_; }
  std::string World() {
    std::lock_guard lock(mutex_);
    std::string world;
    for (const auto& [path, body] : resources_) world += path + "=" + body + "\n";
    return world;
  }

 private:
  void Serve(int fd) {
    std::string text;
    std::size_t wanted = std::string::npos;
    char buffer[4096];
    while (text.size() < wanted) {
      ssize_t got = recv(fd, buffer, sizeof buffer, 0);
      if (got <= 0) return;
      text.append(buffer, static_cast<std::size_t>(got));
      std::size_t head = text.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      std::size_t length = 0, at = text.find("Content-Length: ");
      if (at < head) std::from_chars(text.data() + at + 16, text.data() + head, length);
      wanted = head + 4 + length;
    }
    std::string method = text.substr(0, text.find(' '));
    std::string path = text.substr(method.size() + 1, text.find(' ', method.size() + 1) - method.size() - 1);
    std::string body = text.substr(text.find("\r\n\r\n") + 4);
    {
      std::lock_guard lock(mutex_);
      if (method == "PUT") resources_[path] = body;
      if (method == "DELETE") resources_.erase(path);
    }
    std::string answer = fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                                     path == "/broken" ? "503 Broken" : "200 OK", body.size(), body);
    send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
  }

  base::Fd listener_;
  std::string url_;
  std::mutex mutex_;
  std::map<std::string, std::string> resources_;
  std::jthread thread_;
};

// The connection broke off, and the service took what had come for all of it.
Action HalfOf(Action action) {
  action.with["body"] = "ne";
  return action;
}

class RealHttp final : public Stage {
 public:
  explicit RealHttp(Service& service) : service_(service), driver_(MakeHttpDriver()) { Clear(); }
  ~RealHttp() override { Clear(); }
  Driver& driver() override { return *driver_; }
  std::string World() override { return service_.World(); }
  void Half(const Prepared& prepared) override { Do(HalfOf(prepared.action)); }

 private:
  void Clear() { Do({"http.request", {{"url", service_.url() + "/page"}, {"method", "DELETE"}}}); }
  Service& service_;
  std::unique_ptr<Driver> driver_;
};

class ModelHttp final : public Stage {
 public:
  explicit ModelHttp(const std::string& broken) { driver_.Break(broken, 503); }
  void Half(const Prepared& prepared) override { Do(HalfOf(prepared.action)); }
  Driver& driver() override { return driver_; }
  std::string World() override {
    std::string world;
    for (const auto& [url, body] : driver_.Resources()) world += url + "=" + body + "\n";
    return world;
  }

 private:
  HttpModelDriver driver_;
};

std::vector<Case> Cases(std::function<std::unique_ptr<Stage>()> stage, const std::string& url) {
  const std::string secret = "before ${{ secrets.T }} after";
  // The arguments of a request for `path`, and more.
  auto with = [&](const std::string& path, JsonObject more = {}) {
    more["url"] = url + path;
    return more;
  };
  auto probe = [&](const std::string& path, JsonObject more = {}) {
    JsonObject all = with(path, {{"for", "200ms"}, {"rate", 50}, {"min_samples", 5}});
    for (const auto& [name, value] : more) all[name] = value;
    return Action{"http.probe", all};
  };
  const Action put{"http.request", with("/page", {{"method", "PUT"}, {"body", "new"}})};
  return {
      {.name = "Check",
       .stage = stage,
       .action = {"http.check", with("/page")},
       .fails = Action{"http.check", with("/broken")},
       .refused = Action{"http.check", {{"url", "ftp://shop.example.com/page"}}},
       .secret = Action{"http.check", with("/page", {{"method", "POST"}, {"body", secret}})}},
      {.name = "CheckText",
       .stage = stage,
       .action = {"http.check", with("/page", {{"method", "POST"}, {"body", "well"}, {"contains", "well"}})},
       .fails = Action{"http.check", with("/broken", {{"status", 503}, {"contains", "well"}})},
       .refused = Action{"http.check", with("/page", {{"method", "get it"}})},
       .secret = Action{"http.check", with("/page", {{"method", "POST"}, {"body", secret}})}},
      {.name = "Probe",
       .stage = stage,
       .action = probe("/page"),
       .fails = probe("/broken"),
       .refused = Action{"http.probe", {{"url", "shop.example.com"}, {"for", "1s"}}},
       .secret = probe("/page", {{"method", "POST"}, {"body", secret}})},
      {.name = "ProbeFew",
       .stage = stage,
       .action = probe("/page"),
       .fails = probe("/page", {{"min_samples", 1000}}),
       .refused = probe("/page", {{"rate", 0}}),
       .secret = probe("/page", {{"method", "POST"}, {"body", secret}})},
      {.name = "Request",
       .stage = stage,
       .action = put,
       .undo = Action{"http.request", with("/page", {{"method", "DELETE"}})},
       .fails = Action{"http.request", with("/broken")},
       .refused = Action{"http.request", {{"url", "http://"}}},
       .secret = Action{"http.request", with("/page", {{"method", "PUT"}, {"body", secret}})},
       .half = true}};
}

// One service for the whole program; the cases name its URL.
Service& TheService() {
  static Service service;
  return service;
}

INSTANTIATE_TEST_SUITE_P(Http, Conformance,
                         testing::ValuesIn(Cases([] { return std::make_unique<RealHttp>(TheService()); },
                                                 TheService().url())),
                         CaseName);
constexpr char kModelled[] = "http://shop.example.com";
INSTANTIATE_TEST_SUITE_P(
    HttpModel, Conformance,
    testing::ValuesIn(Cases([] { return std::make_unique<ModelHttp>(std::string(kModelled) + "/broken"); },
                            kModelled)),
    CaseName);

}  // namespace
}  // namespace slipway::drivers
