-- PostgreSQL looks a function up by its name over all schemas and then drops those of the wrong schema: with ten thousand
-- tenants that each have a confirmation_decide, every look reads ten thousand rows and keeps them in the connection's
-- memory. So a tenant's functions carry its name: {{t}}.confirmation_decide_{{t}} (docs/decisions/0690). Triggers and
-- views know their functions by number and stay; bodies know them by name and are written anew.
drop function {{t}}.request_page(uuid, integer);
drop function {{t}}.run_page(uuid, integer);

do $$
declare
    f record;
    g record;
    v_text text;
begin
    for f in
        select p.oid::regprocedure as signature, p.proname as name from pg_proc p where p.pronamespace = '{{t}}'::regnamespace
    loop
        execute format('alter function %s rename to %I', f.signature, f.name || '_{{t}}');
    end loop;
    for f in
        select pg_get_functiondef(p.oid) as text from pg_proc p
        where p.pronamespace = '{{t}}'::regnamespace and p.prosqlbody is null -- else it knows by number, too
    loop
        v_text := f.text;
        for g in select p.proname as name from pg_proc p where p.pronamespace = '{{t}}'::regnamespace loop
            v_text := replace(v_text, '{{t}}.' || left(g.name, -length('_{{t}}')) || '(', '{{t}}.' || g.name || '(');
        end loop;
        if v_text <> f.text then
            execute v_text;
        end if;
    end loop;
end
$$;
