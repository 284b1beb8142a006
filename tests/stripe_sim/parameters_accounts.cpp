// SPDX-License-Identifier: MIT
#include "tests/stripe_sim/parameters.hpp"

namespace stripe_sim {

const char* const kAccountParameters = R"(
    business_profile {
        annual_revenue { amount! uint currency! str fiscal_year_end! str }
        estimated_worker_count uint  mcc str  minority_owned_business_designation[] str
        monthly_estimated_revenue { amount! uint currency! str }  name? str
        product_description? str  specified_commercial_transactions_act_url? str
        support_address { city str country str line1 str line2 str postal_code str state str }
        support_email? str  support_phone? str  support_url? str  url? str
    }
    account_token str  business_type company|government_entity|individual|non_profit
    default_currency str  email str  expand[] str  groups { payments_pricing? str }
    metadata map  tos_acceptance { date uint ip str service_agreement str user_agent str } )";

const char* const kAccountCapabilities = R"(
    capabilities {
        acss_debit_payments|affirm_payments|afterpay_clearpay_payments { requested bool }
        alma_payments|amazon_pay_payments|app_distribution { requested bool }
        au_becs_debit_payments|bacs_debit_payments|bancontact_payments { requested bool }
        bank_transfer_payments|billie_payments|bizum_payments { requested bool }
        blik_payments|blik_recurring_payments|boleto_payments { requested bool }
        card_issuing|card_payments|cartes_bancaires_payments { requested bool }
        cashapp_payments|crypto_payments|eps_payments|fpx_payments { requested bool }
        gb_bank_transfer_payments|giropay_payments|grabpay_payments { requested bool }
        ideal_payments|india_international_payments|jcb_payments { requested bool }
        jp_bank_transfer_payments|kakao_pay_payments|klarna_payments { requested bool }
        konbini_payments|kr_card_payments|legacy_payments { requested bool }
        link_payments|mb_way_payments|mobilepay_payments { requested bool }
        multibanco_payments|mx_bank_transfer_payments { requested bool }
        naver_pay_payments|nz_bank_account_becs_debit_payments { requested bool }
        oxxo_payments|p24_payments|pay_by_bank_payments|payco_payments { requested bool }
        paynow_payments|paypay_payments|payto_payments|pix_payments { requested bool }
        promptpay_payments|revolut_pay_payments|samsung_pay_payments { requested bool }
        satispay_payments|scalapay_payments { requested bool }
        sepa_bank_transfer_payments|sepa_debit_payments { requested bool }
        sequra_payments|sofort_payments|sunbit_payments|swish_payments { requested bool }
        tax_reporting_us_1099_k|tax_reporting_us_1099_misc|transfers { requested bool }
        treasury|twint_payments|upi_payments { requested bool }
        us_bank_account_ach_payments|us_bank_transfer_payments { requested bool }
        wero_payments|zip_payments { requested bool }
    } )";

const char* const kAccountPeople = R"(
    company {
        address { city str country str line1 str line2 str postal_code str state str }
        address_kana {
            town str  city str  country str  line1 str  line2 str  postal_code str  state str
        }
        address_kanji {
            town str  city str  country str  line1 str  line2 str  postal_code str  state str
        }
        administrative_address {
            city str  country str  line1 str  line2 str  postal_code str  state str
        }
        directors_provided bool  directorship_declaration { date uint ip str user_agent str }
        executives_provided bool  export_license_id str  export_purpose_code str  name str
        name_kana str  name_kanji str  owners_provided bool
        ownership_declaration { date uint ip str user_agent str }
        ownership_exemption_reason? qualified_entity_exceeds_ownership_threshold|qualifies_as_financial_institution
        phone str
        physical_address { city str country str line1 str line2 str postal_code str state str }
        principal_place_of_business {
            city str  country str  line1 str  line2 str  postal_code str  state str
        }
        registration_date? { day! uint month! uint year! uint }  registration_number str
        representative_declaration { date uint ip str user_agent str }  structure? str
        tax_id str  tax_id_registrar str  vat_id str
        verification { document { back str front str } }
    }
    individual {
        address { city str country str line1 str line2 str postal_code str state str }
        address_kana {
            town str  city str  country str  line1 str  line2 str  postal_code str  state str
        }
        address_kanji {
            town str  city str  country str  line1 str  line2 str  postal_code str  state str
        }
        dob? { day! uint month! uint year! uint }  email str  first_name str
        first_name_kana str  first_name_kanji str  full_name_aliases[]? str  gender str
        id_number str  id_number_secondary str  last_name str  last_name_kana str
        last_name_kanji str  maiden_name str  metadata map  phone str
        political_exposure none|existing
        registered_address {
            city str  country str  line1 str  line2 str  postal_code str  state str
        }
        relationship {
            director bool  executive bool  owner bool  percent_ownership? num  title str
        }
        ssn_last_4 str
        verification {
            additional_document { back str front str }  document { back str front str }
        }
    } )";

const char* const kAccountSettings = R"(
    settings {
        bacs_debit_payments { display_name str }
        branding { icon? str logo? str primary_color? str secondary_color? str }
        card_issuing { tos_acceptance { date uint ip str user_agent? str } }
        card_payments {
            decline_on { avs_failure bool cvc_failure bool }  statement_descriptor_prefix str
            statement_descriptor_prefix_kana? str  statement_descriptor_prefix_kanji? str
        }
        invoices { hosted_payment_method_save always|never|offer }
        payments {
            statement_descriptor? str  statement_descriptor_kana str
            statement_descriptor_kanji str
        }
        payouts {
            debit_negative_balances bool
            schedule {
                delay_days str  interval daily|manual|monthly|weekly  monthly_anchor uint
                monthly_payout_days[] uint
                weekly_anchor friday|monday|saturday|sunday|thursday|tuesday|wednesday
                weekly_payout_days[] friday|monday|thursday|tuesday|wednesday
            }
            statement_descriptor? str
        }
        paypay_payments {
            additional_files[] str  goods_type digital_content|other
            site {
                accessible {  }  in_development { password! str username str }
                restricted { payment_flow_file str }  type accessible|in_development|restricted
            }
        }
        sepa_debit_payments { creditor_id str }
        treasury { tos_acceptance { date uint ip str user_agent? str } }
    } )";

const char* const kAccountCreateParameters = R"(
    controller {
        fees { payer account|application }  losses { payments application|stripe }
        requirement_collection application|stripe  stripe_dashboard { type express|full|none }
    }
    country str
    external_account~ {
        object str  country str  currency str  account_holder_name str  account_holder_type str
        routing_number str  account_number str
    }
    type express|custom|standard )";

const char* const kAccountUpdateParameters = R"(
    external_account?~ {
        object str  account_holder_name str  account_holder_type company|individual
        account_number str  country str  currency str  routing_number str  address_city str
        address_country str  address_line1 str  address_line2 str  address_state str
        address_zip str  cvc str  default_for_currency bool  exp_month uint  exp_year uint
        metadata map  name str  number str  token str
    }
    settings { invoices { default_account_tax_ids[]? str } } )";

}  // namespace stripe_sim
