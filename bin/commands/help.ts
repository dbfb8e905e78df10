export const help = `Stopgap: npm run stopgap -- <command>

  demo      everything, with made-up people and traffic
  start     everything; the first start prints a one-time address for the first admin
  web       the pages and /api/v1 alone             (PORT); --dev reloads them after every change
  worker    the background jobs alone
  feed      the rule feed alone                     (FEED_PORT)
  sidecar   decisions over local HTTP, for gateways and services in other languages
            --feed URL --key KEY [--public-key KEY] [--port 3020] [--host 127.0.0.1] [--data-dir DIR] [--instance-id ID]
            [--label NAME=VALUE] [--fail open|closed] [--on-unreadable count|refuse]
            [--freshness required|when-offered] [--head-max-age SECONDS]
            [--agentgateway-path PATH]; see docs/serving/sidecar.md
  relay     follows a feed or another relay and serves the same, for more instances or another region
            --feed URL [--public-key KEY] [--port 3011] [--host 0.0.0.0] [--data-dir DIR] [--id NAME]
            [--label NAME=VALUE]; the key comes in STOPGAP_FEED_KEY; see docs/distribution/relay.md
  migrate   bring the database's schema up to date

  keys create --scope ingest --source NAME [--name NAME] [--expires-days N] [--holder E-MAIL]
            make an API key; prints {"id","key"} as one JSON line. --scope may be repeated:
            ingest, feed, respond, export
  keys public
            what instances verify rulesets with; prints {"keyId","publicKey"} as one JSON line
  users create --email E --role R [--name NAME]
            add a person; prints a one-time password as one JSON line. Roles:
            reviewer, lead, commander, auditor, admin
  import FILE [--source NAME] [--format FORMAT] [--dry-run]
            take a file in, gzip or not; --dry-run changes nothing and lists what would be refused and why.
            Run it again after a stop: what is in already is skipped. --template prints a CSV to fill in

web, worker and feed use DATABASE_URL, or the database of a Stopgap that runs with the same STOPGAP_DATA_DIR.
Every variable is explained in .env.example.`;
