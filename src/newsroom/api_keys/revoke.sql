-- revoke_api_key: its next call is refused. What it made keeps its name.
select api_key_revoke(:path_id::uuid, :if_match::integer[])
