-- create_consent_text: of two at once the second waits, so that versions count without gaps.
select pg_advisory_xact_lock(hashtextextended('marbre.consent_texts', 0))
