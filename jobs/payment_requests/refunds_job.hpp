// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/job.hpp"
#include "jobs/payment_requests/refunds_store.hpp"
#include "jobs/payment_requests/settings.hpp"

#include <optional>
#include <variant>

namespace paysync {
class TaskGroup;
}

namespace paysync::payment_requests {

/// The job `payment_requests.refunds`: makes the refunds that applications order with pay.refund.
///
/// Each is made once: the call is stored under its idempotency key before it is sent, and is sent
/// again with the same key after a crash. After an answer that was lost, or an error that says
/// nothing about the refund, the charge's refunds are searched for the order's id first. So no
/// order is refused, and none is sent under another key, before such a search has found nothing.
/// What becomes of a refund later is read by reconciliation.
class RefundsJob final : public Job {
public:
    explicit RefundsJob(Settings settings) : settings_(std::move(settings)) {}

    std::string name() const override { return "payment_requests.refunds"; }
    std::chrono::milliseconds every() const override { return settings_.every; }
    std::vector<std::string> channels() const override { return {"pay_refund_order"}; }
    Task<void> run(Context& context) override;

private:
    struct Pass;

    /// How an attempt ended.
    using Answer = std::variant<store::MadeRefund, store::NoRefund>;

    Task<void> work(Context& context, Pass& pass, TaskGroup& working);
    Task<void> one(Context& context, Pass& pass, store::RefundOrder order);
    Task<void> make(Context& context, store::RefundOrder order);
    Task<Answer> attempt(Context& context, store::RefundOrder order);
    Task<std::optional<store::MadeRefund>> find(Context& context, store::RefundOrder order);
    Task<Answer> post(Context& context, store::RefundOrder order);

    Settings settings_;
};

}  // namespace paysync::payment_requests
