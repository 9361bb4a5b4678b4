-- create_sponsorship_option.
insert into sponsorship_options (id, kind, label, description, position, offered)
select :id::uuid, b ->> 'kind', (b ->> 'label')::jsonb, (b ->> 'description')::jsonb,
       coalesce((b ->> 'position')::integer, 0), coalesce((b ->> 'offered')::boolean, true)
  from (select :body::json as b) given
