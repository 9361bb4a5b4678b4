-- send_sponsorship_inquiry: a script is told the reference; an HTML form leads to the site's page of thanks, which nobody but
-- the configuration chooses. Indexes sponsorship_inquiries_of_mailbox, sponsorship_inquiries_newest.
select case when leads then 303 else 202 end as status,
       case when leads then replace(:config_sponsorship_thanks, '{reference}', reference) end as location,
       json_build_object('reference', reference) as body
  from (select inquiry_receive(
                   new_id => :new_id::uuid, body => :body::json, mailbox => :mailbox, mailbox_hash => :mailbox_hash,
                   confusable => :mailbox_confusable::boolean, nonce => :form_nonce, shown_at => :form_shown_at::timestamptz,
                   token_seconds => :config_form_seconds_max::integer, from_network => :peer_hash, language => :language,
                   per_email => :config_sponsorship_per_email, per_network => :config_sponsorship_per_network,
                   burst => :config_sponsorship_burst, links => :config_sponsorship_links::integer) as reference,
               :is_form::boolean and :config_sponsorship_thanks <> '' as leads) received
