-- add_sponsorship_note: a contact, after which its personal data is kept as long again. Primary key.
with noted as (
    update sponsorship_inquiries set version = version + 1, last_contact_at = clock_timestamp()
     where id = :id::uuid
    returning id, status
), event as (
    insert into sponsorship_events (inquiry_id, act, status, note, account_id)
    select id, 'noted', status, :body::json ->> 'note', caller_id() from noted
)
select require(exists (select from noted), 'MB404', 'There is no such inquiry.'), audit_changed('{notes}')
