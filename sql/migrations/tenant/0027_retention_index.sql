-- Retention looks for what is old, and never through what is not: words that nobody asks any more, and files that still
-- have their bytes (the facts of those that have none stay as long as requests do, and are most of the table).
create index unmet_last on {{t}}.unmet (last_at) where state <> 'approved';
create index file_kept on {{t}}.file (id) where deleted_at is null and kind <> 'package';
