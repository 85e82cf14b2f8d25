// SPDX-License-Identifier: MIT
#include "core/base/thread.h"

#include <exception>
#include <pthread.h>
#include <utility>

namespace ringscope {

Thread::Thread(std::string name, Body body, ErrorHandler onError)
    : m_thread([name = std::move(name), body = std::move(body),
                onError = std::move(onError)](std::stop_token stop) {
        pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
        try {
            body(std::move(stop));
        } catch (const std::exception& escaped) {
            if (onError) {
                onError(makeError(ErrorKind::failed,
                                  "thread " + name + " ended by an exception: " + escaped.what()));
            }
        }
    }) {}

void Thread::join() {
    if (m_thread.joinable()) {
        m_thread.join();
    }
}

} // namespace ringscope
