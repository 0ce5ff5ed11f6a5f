-- The secret that signs callbacks, sealed to the key of execgov-egress.

alter table {{t}}.callback_host
    alter column secret drop not null,
    add column sealed jsonb null,
    add constraint callback_host_secret_once check ((secret is null) <> (sealed is null));
comment on column {{t}}.callback_host.secret is 'of a host from before secrets were sealed; null: see sealed';
comment on column {{t}}.callback_host.sealed is 'the envelope {key, wrapped, nonce, value}; null: see secret';
