"""All commands: their words, and the function that does each."""

from __future__ import annotations

from runback.lab.cf.arguments import Command, Flag


def _switch(*names: str) -> Flag:
    return Flag(names, "switch")


def _value(*names: str) -> Flag:
    return Flag(names)


_STRATEGY = (_value("--strategy"), _switch("--no-wait"), _value("--max-in-flight"))
_ROUTE = (_value("-n", "--hostname"), _value("--path"), _value("--port"))
_FAR = (_value("-s"), _value("-o"), _value("--protocol"), _value("--port"))
_APP = ("APP_NAME",)

_ALL = (
    # session
    Command("api", "login:api", "Set or view target api url", "[URL]", (), ("URL",),
            (_switch("--skip-ssl-validation"), _switch("--unset"))),
    Command("auth", "login:auth", "Authenticate non-interactively",
            "USERNAME PASSWORD\n   cf auth CLIENT_ID CLIENT_SECRET --client-credentials", (),
            ("USERNAME", "PASSWORD"), (_switch("--client-credentials"), _value("--origin"))),
    Command("login", "login:login", "Log user in",
            "[-a API_URL] [-u USERNAME] [-p PASSWORD] [-o ORG] [-s SPACE]", (), (),
            (_value("-a"), _value("-u"), _value("-p"), _value("-o"), _value("-s"),
             _switch("--skip-ssl-validation")), "l"),
    Command("logout", "login:logout", "Log user out", "", alias="lo"),
    Command("target", "login:target", "Set or view the targeted org or space", "[-o ORG] [-s SPACE]", (), (),
            (_value("-o"), _value("-s")), "t"),
    Command("orgs", "spaces:orgs", "List all orgs", "", alias="o"),
    Command("spaces", "spaces:spaces", "List all spaces in an org", ""),
    # apps
    Command("apps", "apps:apps", "List all apps in the target space", "", alias="a"),
    Command("app", "apps:app", "Display health and status for an app", "APP_NAME [--guid]", _APP, (),
            (_switch("--guid"),)),
    Command("push", "push:push", "Push a new app or sync changes to an existing app",
            "APP_NAME [-f MANIFEST_PATH] [-p PATH] [-b BUILDPACK] [-c COMMAND] [-i NUM] [-k DISK]\n"
            "   [-m MEMORY] [-t TIMEOUT] [--no-route] [--no-start] [--strategy (rolling | canary)]\n"
            "   [--var KEY=VALUE]...", (),
            _APP,
            (_value("-f", "--manifest"), _value("-p", "--path"), Flag(("-b", "--buildpack"), "list"),
             _value("-c", "--start-command"), _value("-i", "--instances"), _value("-k", "--disk"),
             _value("-m", "--memory"), _value("-t", "--app-start-timeout"), _value("-s", "--stack"),
             _value("-u", "--health-check-type"), _value("--endpoint"), _switch("--no-route"),
             _switch("--no-start"), _switch("--redact-env"), _switch("--random-route"),
             _switch("--no-manifest"), _switch("--task"),
             Flag(("--var",), "list"), Flag(("--vars-file",), "list"), *_STRATEGY), "p"),
    Command("start", "lifecycle:start", "Start an app", "APP_NAME", _APP, (), (_switch("--no-wait"),), "st"),
    Command("stop", "lifecycle:stop", "Stop an app", "APP_NAME", _APP, alias="sp"),
    Command("restart", "lifecycle:restart", "Stop all instances of the app, then start them again",
            "APP_NAME [--strategy STRATEGY]", _APP, (), _STRATEGY, "rs"),
    Command("restage", "lifecycle:restage",
            "Stage the app's latest package into a droplet and restart the app",
            "APP_NAME [--strategy STRATEGY]", _APP, (), _STRATEGY, "rg"),
    Command("scale", "lifecycle:scale",
            "Change or view the instance count, disk space limit, and memory limit",
            "APP_NAME [--process PROCESS] [-i INSTANCES] [-k DISK] [-m MEMORY] [-f]", _APP, (),
            (_value("--process"), _value("-i"), _value("-k"), _value("-m"), _switch("-f"))),
    Command("set-health-check", "lifecycle:set_health_check",
            "Change type of health check performed on an app's process",
            "APP_NAME (process | port | http [--endpoint PATH]) [--process PROCESS]",
            ("APP_NAME", "HEALTH_CHECK_TYPE"), (),
            (_value("--endpoint"), _value("--process"), _value("--invocation-timeout"))),
    Command("delete", "lifecycle:delete", "Delete an app", "APP_NAME [-r] [-f]", _APP, (),
            (_switch("-r"), _switch("-f")), "d"),
    Command("set-label", "apps:set_label", "Set a label (key-value pairs) for an API resource",
            "RESOURCE RESOURCE_NAME KEY=VALUE...", ("RESOURCE", "RESOURCE_NAME", "KEY=VALUE..."), rest=True),
    Command("env", "environment:env", "Show all env variables for an app", "APP_NAME", _APP, alias="e"),
    Command("set-env", "environment:set_env", "Set an env variable for an app",
            "APP_NAME ENV_VAR_NAME ENV_VAR_VALUE", ("APP_NAME", "ENV_VAR_NAME", "ENV_VAR_VALUE"), alias="se"),
    Command("unset-env", "environment:unset_env", "Remove an env variable from an app",
            "APP_NAME ENV_VAR_NAME",
            ("APP_NAME", "ENV_VAR_NAME"), alias="ue"),
    Command("logs", "logs:logs", "Tail or show recent logs for an app", "APP_NAME [--recent]", _APP, (),
            (_switch("--recent"),)),
    Command("events", "apps:events", "Show recent app events", "APP_NAME", _APP),
    Command("run-task", "tasks:run_task", "Run a one-off task on an app",
            "APP_NAME --command COMMAND [--name TASK_NAME] [-m MEMORY] [-k DISK] [--wait]", _APP, (),
            (_value("-c", "--command"), _value("--name"), _value("-m"), _value("-k"),
             _switch("-w", "--wait")), "rt"),
    # revisions
    Command("revisions", "revisions:revisions", "List revisions of an app", "APP_NAME", _APP),
    Command("rollback", "revisions:rollback", "Rollback to the specified revision of an app",
            "APP_NAME --version VERSION [-f]", _APP, (), (_value("--version"), _switch("-f"), *_STRATEGY)),
    Command("cancel-deployment", "revisions:cancel_deployment",
            "Cancel the most recent deployment for an app", "APP_NAME", _APP),
    # services
    Command("services", "services:services", "List all service instances in the target space", "", alias="s"),
    Command("service", "services:service", "Show service instance info", "SERVICE_INSTANCE [--guid]",
            ("SERVICE_INSTANCE",), (), (_switch("--guid"),)),
    Command("create-service", "services:create_service", "Create a service instance",
            "SERVICE_OFFERING PLAN SERVICE_INSTANCE",
            ("SERVICE_OFFERING", "SERVICE_PLAN", "SERVICE_INSTANCE"), (),
            (_value("-b"), _value("-c"), _value("-t"), _switch("-w", "--wait")), "cs"),
    Command("update-service", "services:update_service", "Update a service instance",
            "SERVICE_INSTANCE [-p NEW_PLAN]", ("SERVICE_INSTANCE",), (),
            (_value("-c"), _value("-p"), _value("-t"), _switch("-w", "--wait"))),
    Command("rename-service", "services:rename_service", "Rename a service instance",
            "SERVICE_INSTANCE NEW_SERVICE_INSTANCE", ("SERVICE_INSTANCE", "NEW_SERVICE_INSTANCE")),
    Command("create-user-provided-service", "userprovided:create",
            "Make a user-provided service instance available to CF apps", "SERVICE_INSTANCE [-p CREDENTIALS]",
            ("SERVICE_INSTANCE",), (), (_value("-p"), _value("-l"), _value("-r"), _value("-t")), "cups"),
    Command("update-user-provided-service", "userprovided:update",
            "Update user-provided service instance", "SERVICE_INSTANCE [-p CREDENTIALS]",
            ("SERVICE_INSTANCE",), (), (_value("-p"), _value("-l"), _value("-r"), _value("-t")), "uups"),
    Command("share-service", "sharing:share_service", "Share a service instance with another space",
            "SERVICE_INSTANCE -s OTHER_SPACE [-o OTHER_ORG]", ("SERVICE_INSTANCE",), (),
            (_value("-s"), _value("-o"))),
    Command("unshare-service", "sharing:unshare_service",
            "Unshare a shared service instance from a space",
            "SERVICE_INSTANCE -s OTHER_SPACE [-o OTHER_ORG] [-f]", ("SERVICE_INSTANCE",), (),
            (_value("-s"), _value("-o"), _switch("-f"))),
    Command("delete-service", "services:delete_service", "Delete a service instance",
            "SERVICE_INSTANCE [-f] [--wait]", ("SERVICE_INSTANCE",), (),
            (_switch("-f"), _switch("-w", "--wait")), "ds"),
    Command("bind-service", "bindings:bind_service", "Bind a service instance to an app",
            "APP_NAME SERVICE_INSTANCE", ("APP_NAME", "SERVICE_INSTANCE"), (),
            (_value("-c"), _value("--binding-name"), _switch("-w", "--wait")), "bs"),
    Command("unbind-service", "bindings:unbind_service", "Unbind a service instance from an app",
            "APP_NAME SERVICE_INSTANCE", ("APP_NAME", "SERVICE_INSTANCE"), (),
            (_switch("-w", "--wait"),), "us"),
    Command("service-keys", "bindings:service_keys", "List keys for a service instance", "SERVICE_INSTANCE",
            ("SERVICE_INSTANCE",), alias="sk"),
    Command("service-key", "bindings:service_key", "Show service key info", "SERVICE_INSTANCE SERVICE_KEY",
            ("SERVICE_INSTANCE", "SERVICE_KEY"), (), (_switch("--guid"),)),
    # routes
    Command("routes", "routes:routes", "List all routes in the current space", "", alias="r"),
    Command("domains", "routes:domains", "List domains in the target org", ""),
    Command("create-route", "routes:create_route", "Create a route for later use",
            "DOMAIN [--hostname HOSTNAME] [--path PATH]", ("DOMAIN",), (), _ROUTE),
    Command("map-route", "routes:map_route", "Map a route to an app",
            "APP_NAME DOMAIN [--hostname HOSTNAME] [--path PATH]", ("APP_NAME", "DOMAIN"), (), _ROUTE),
    Command("unmap-route", "routes:unmap_route", "Remove a route from an app",
            "APP_NAME DOMAIN [--hostname HOSTNAME] [--path PATH]", ("APP_NAME", "DOMAIN"), (), _ROUTE),
    Command("delete-route", "routes:delete_route", "Delete a route",
            "DOMAIN [--hostname HOSTNAME] [--path PATH] [-f]", ("DOMAIN",), (), (*_ROUTE, _switch("-f"))),
    # network
    Command("network-policies", "policies:network_policies", "List direct network traffic policies",
            "[--source SOURCE_APP]", (), (), (_value("--source"),)),
    Command("add-network-policy", "policies:add", "Create policy to allow direct network traffic",
            "SOURCE_APP DESTINATION_APP [-s DESTINATION_SPACE_NAME [-o DESTINATION_ORG_NAME]]"
            " [--protocol (tcp | udp) --port RANGE]", ("SOURCE_APP", "DESTINATION_APP"), (), _FAR),
    Command("remove-network-policy", "policies:remove", "Remove network traffic policy of an app",
            "SOURCE_APP DESTINATION_APP [-s DESTINATION_SPACE_NAME [-o DESTINATION_ORG_NAME]]"
            " --protocol (tcp | udp) --port RANGE", ("SOURCE_APP", "DESTINATION_APP"), (), _FAR),
    # anything
    Command("curl", "curl:curl", "Executes a request to the targeted API endpoint",
            "PATH [-iv] [-X METHOD] [-H HEADER]... [-d DATA] [--output FILE]", ("PATH",), (),
            (_value("-X"), _value("-d"), Flag(("-H",), "list"), _switch("-i"), _switch("-f", "--fail"),
             _value("--output"))),
    Command("ssh", "curl:ssh", "SSH to an app container instance", "APP_NAME", _APP, (),
            (_value("-c", "--command"), Flag(("-L",), "list"), _switch("-N"), _value("-i"), _switch("-T"),
             _switch("-t"), _value("--process"))),
)  # fmt: skip

COMMANDS: dict[str, Command] = {name: one for one in _ALL for name in (one.name, one.alias) if name}
