// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/parameters.hpp"

namespace stripe_sim {

const char* const kLinkParameters = R"(
    after_completion {
        hosted_confirmation { custom_message str }  redirect { url! str }
        type! hosted_confirmation|redirect
    }
    allow_promotion_codes bool  application_fee_amount? uint  application_fee_percent? num
    automatic_tax { enabled! bool liability { account str type! account|self } }
    billing_address_collection auto|required
    consent_collection {
        payment_method_reuse_agreement { position! auto|hidden }  promotions none|auto
        terms_of_service none|required
    }
    custom_fields[]? {
        dropdown { default_value str options[]! { label! str value! str } }  key! str
        label! { custom! str type! custom }
        numeric { default_value str maximum_length uint minimum_length uint }  optional bool
        text { default_value str maximum_length uint minimum_length uint }
        type! dropdown|numeric|text
    }
    custom_text {
        after_submit? { message! str }  shipping_address? { message! str }
        submit? { message! str }  terms_of_service_acceptance? { message! str }
    }
    customer_creation always|if_required  expand[] str  inactive_message? str
    invoice_creation {
        enabled! bool
        invoice_data {
            account_tax_ids[]? str  custom_fields[]? { name! str value! str }  description str
            footer str  issuer { account str type! account|self }  metadata map
            rendering_options? {
                amount_tax_display? exclude_tax|include_inclusive_tax  template str
            }
        }
    }
    metadata map
    name_collection? {
        business { enabled! bool optional bool }  individual { enabled! bool optional bool }
    }
    on_behalf_of? str
    payment_intent_data {
        description? str  metadata map  setup_future_usage? off_session|on_session
        statement_descriptor? str  statement_descriptor_suffix? str  transfer_group? str
    }
    payment_method_collection always|if_required  payment_method_types[]? str
    phone_number_collection { enabled! bool }
    restrictions? { completed_sessions! { limit! uint } }
    shipping_address_collection? { allowed_countries[]! str }
    submit_type auto|book|donate|pay|subscribe
    tax_id_collection { enabled! bool required never|if_supported }
    transfer_data? { amount? uint destination! str } )";

const char* const kLinkCreateParameters = R"(
    line_items[]! {
        adjustable_quantity { enabled! bool maximum uint minimum uint }  price str
        price_data {
            currency! str  product str
            product_data {
                description str  images[] str  metadata map  name! str  tax_code str
                tax_details { performance_location str tax_code? str }  unit_label str
            }
            tax_behavior exclusive|inclusive|unspecified  unit_amount uint
            unit_amount_decimal str
        }
        quantity! uint
    }
    currency str  payment_intent_data { capture_method automatic|automatic_async|manual }
    managed_payments { enabled bool } )";

const char* const kLinkUpdateParameters = R"(
    active bool
    line_items[] {
        adjustable_quantity { enabled! bool maximum uint minimum uint }  id! str  quantity uint
    } )";

}  // namespace stripe_sim
