"""The lab's model of Cloud Foundry: Cloud Controller, Diego, the routers, the policy server and log-cache.

The door is `world.World`: its state, its clock, and the operations of the public API. Everything that goes
wrong in it goes wrong because of what somebody did through these operations, and stops when it is undone.

Operations (the acting `User` first; each returns the resource it made or changed; each raises `Refusal`):

    apps        find(space, name) · create(actor, space, name, *, buildpacks, stack, environment, labels, …)
                update(actor, app, *, name, buildpacks, stack, labels, annotations)
                shown_environment(actor, app): the event that reading writes (variables.py: what is read)
                set_environment(actor, app, {name: value or None})
                set_droplet(actor, app, droplet) · start · stop · restart(actor, app) · delete(actor, app)
                set_feature(actor, app, 'revisions' | 'ssh', enabled)
                restart_instance(actor, process, index)
    processes   of(app) · web(app) the newest web · scale(actor, process, *, instances, memory_mb, disk_mb)
                update(actor, process, *, command, health_check, readiness_health_check)
                stats(process) -> one `InstanceStats` for each desired instance
    packages    create(actor, app) · upload(actor, package, zip_bytes) · upload_bits(actor, package, Bits)
    builds      create(actor, package, *, buildpacks, stack): staging ends by the clock; see Build.state
    revisions   of(app) · latest(app) · deployed(app) · deployable(revision)
                shown_environment(actor, revision): the event that reading writes
    deployments create(actor, app, *, droplet | revision, strategy, max_in_flight)
                cancel · continue_(actor, deployment)
    tasks       create(actor, app, command, *, name, memory_mb, disk_mb) · cancel(actor, task)
    routes      create(actor, space, domain, host, path, port) · delete(actor, route)
                map(actor, route, app, *, process_type, port, protocol) · unmap(actor, route, destination)
    services    create(actor, space, name, plan) · create_user_provided · delete(actor, instance)
                bind(actor, instance, app) · key(actor, instance, name) · unbind(actor, binding)
                shown_credentials(actor, binding): the event that reading writes · vcap_services(app)
    policies    visible(user) · add(actor, policies) · remove(actor, policies)
    roles       reads(user, space) · writes(user, space) · …
    logs        read(app_guid, …) -> envelopes
"""
