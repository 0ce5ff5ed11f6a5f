-- PostgreSQL looks a function up by its name over all schemas and then drops those of the wrong schema: with ten thousand
-- tenants that each have a confirmation_decide, every look reads ten thousand rows and keeps them in the connection's
-- memory. So a tenant's functions carry its name: {{t}}.confirmation_decide_{{t}} (docs/decisions/0690). Triggers and
-- views know their functions by number and stay; bodies know them by name and are written anew.
drop function {{t}}.request_page(uuid, integer);
drop function {{t}}.run_page(uuid, integer);

-- Which they are is asked of the dependencies, of which there is an index by schema; of pg_proc there is none, and reading
-- all of it made each tenant dearer than the one before.
do $$
declare
    v_functions oid[] := array(select d.objid from pg_depend d
                               where d.refclassid = 'pg_namespace'::regclass and d.refobjid = '{{t}}'::regnamespace
                                 and d.classid = 'pg_proc'::regclass);
    v_names text[] := array(select p.proname from pg_proc p where p.oid = any(v_functions));
    v_oid oid;
    v_name text;
    v_text text;
    v_before text;
begin
    foreach v_oid in array v_functions loop
        execute format('alter function %s rename to %I', v_oid::regprocedure,
                       (select p.proname || '_{{t}}' from pg_proc p where p.oid = v_oid));
    end loop;
    foreach v_oid in array v_functions loop
        continue when (select p.prosqlbody is not null from pg_proc p where p.oid = v_oid); -- knows them by number, too
        v_before := pg_get_functiondef(v_oid);
        v_text := v_before;
        foreach v_name in array v_names loop
            v_text := replace(v_text, '{{t}}.' || v_name || '(', '{{t}}.' || v_name || '_{{t}}(');
        end loop;
        if v_text <> v_before then
            execute v_text;
        end if;
    end loop;
end
$$;
