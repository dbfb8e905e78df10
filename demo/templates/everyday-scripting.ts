import { code, type Template } from './template.ts';

/** Harmless Python, PHP and shell interactions. */
export const everydayScripting: Template[] = [
  {
    key: 'python-everyday-parameterised-query',
    language: 'python',
    surface: 'inline',
    path: '{{name}}/repository.py',
    prompt: 'finish {{fn}}_{{table}}',
    before: code`
      def {{fn}}_{{table}}(connection, {{column}}):
          pass
    `,
    completion: code`
      def {{fn}}_{{table}}(connection, {{column}}):
          cursor = connection.cursor()
          cursor.execute(
              "SELECT id, {{column}} FROM {{table}} WHERE {{column}} = %s ORDER BY id LIMIT {{n}}",
              ({{column}},),
          )
          return cursor.fetchall()
    `,
  },
  {
    key: 'python-everyday-dataclass',
    language: 'python',
    surface: 'inline',
    path: '{{name}}/models.py',
    prompt: 'turn this into a frozen dataclass',
    before: code`
      class {{Entity}}:
          def __init__(self, id, {{column}}, created_at):
              self.id = id
              self.{{column}} = {{column}}
              self.created_at = created_at
    `,
    completion: code`
      from dataclasses import dataclass
      from datetime import datetime


      @dataclass(frozen=True, slots=True)
      class {{Entity}}:
          id: int
          {{column}}: str
          created_at: datetime
    `,
  },
  {
    key: 'python-everyday-pytest',
    language: 'python',
    surface: 'agent',
    path: 'tests/test_{{table}}.py',
    prompt: 'Write a test for the page size of {{table}}.',
    before: code`
      import pytest
    `,
    completion: code`
      import pytest


      @pytest.mark.parametrize("size", [1, {{n}}])
      def test_page_holds_at_most_size_items(client, make_{{entity}}, size):
          for _ in range(size + 1):
              make_{{entity}}()
          page = client.get("/{{table}}", params={"limit": size}).json()
          assert len(page["items"]) == size
          assert page["nextCursor"] is not None
    `,
  },
  {
    key: 'python-everyday-safe-yaml',
    language: 'python',
    surface: 'inline',
    path: '{{name}}/config.py',
    prompt: 'read the configuration file',
    before: code`
      from pathlib import Path
    `,
    completion: code`
      from pathlib import Path

      import yaml


      def read_config(path: Path) -> dict:
          """Settings of {{name}}; raises ValueError when the file holds no mapping."""
          document = yaml.safe_load(path.read_text(encoding="utf-8"))
          if not isinstance(document, dict):
              raise ValueError(f"{path}: expected a mapping")
          return {"timeout": {{seconds}}, **document}
    `,
  },
  {
    key: 'python-everyday-pandas',
    language: 'python',
    surface: 'chat',
    prompt: 'How do I get the weekly number of {{table}} per {{column}} with pandas?',
    completion: code`
      Group by the column and a weekly grouper:

      \`\`\`python
      weekly = (
          frame.assign(created_at=pd.to_datetime(frame["created_at"], utc=True))
          .groupby(["{{column}}", pd.Grouper(key="created_at", freq="W")])
          .size()
          .rename("{{table}}")
          .reset_index()
      )
      \`\`\`

      \`size()\` counts rows, also those with missing values.
    `,
  },
  {
    key: 'python-everyday-retry',
    language: 'python',
    surface: 'agent',
    path: '{{name}}/client.py',
    prompt: 'Retry reads from {{host}} a few times with growing pauses.',
    before: code`
      def {{fn}}_{{entity}}(session, id):
          response = session.get(f"https://{{host}}/{{table}}/{id}")
          return response.json()
    `,
    completion: code`
      import time


      def {{fn}}_{{entity}}(session, id, attempts=4):
          for attempt in range(attempts):
              response = session.get(f"https://{{host}}/{{table}}/{id}", timeout={{seconds}})
              if response.status_code < 500:
                  response.raise_for_status()
                  return response.json()
              time.sleep(0.2 * 2**attempt)
          raise TimeoutError(f"{{entity}} {id}: the server kept failing")
    `,
  },
  {
    key: 'php-everyday-prepared',
    language: 'php',
    surface: 'inline',
    path: 'src/{{Entity}}Repository.php',
    prompt: 'find by {{column}}',
    before: code`
      final class {{Entity}}Repository
      {
          public function __construct(private PDO $db) {}
      }
    `,
    completion: code`
      final class {{Entity}}Repository
      {
          public function __construct(private PDO $db) {}

          public function find(string $value): ?array
          {
              $statement = $this->db->prepare('SELECT * FROM {{table}} WHERE {{column}} = :value LIMIT {{n}}');
              $statement->execute(['value' => $value]);
              return $statement->fetch(PDO::FETCH_ASSOC) ?: null;
          }
      }
    `,
  },
  {
    key: 'php-everyday-password-hash',
    language: 'php',
    surface: 'inline',
    path: 'src/Accounts.php',
    prompt: 'check the password and renew the hash when needed',
    before: code`
      public function check(array $account, string $password): bool
      {
          return false;
      }
    `,
    completion: code`
      public function check(array $account, string $password): bool
      {
          if (!password_verify($password, $account['password'])) {
              return false;
          }
          if (password_needs_rehash($account['password'], PASSWORD_DEFAULT)) {
              $this->{{table}}->updateHash($account['id'], password_hash($password, PASSWORD_DEFAULT));
          }
          return true;
      }
    `,
  },
  {
    key: 'php-everyday-enum',
    language: 'php',
    surface: 'chat',
    prompt: 'How do I write the states of a {{entity}} as an enum?',
    completion: code`
      A backed enum keeps the stored value and the name together:

      \`\`\`php
      enum {{Entity}}State: string
      {
          case Open = 'open';
          case Closed = 'closed';

          public function isFinal(): bool
          {
              return $this === self::Closed;
          }
      }
      \`\`\`

      Read it with \`{{Entity}}State::from($row['{{column}}'])\`.
    `,
  },
  {
    key: 'php-everyday-phpunit',
    language: 'php',
    surface: 'agent',
    path: 'tests/{{Entity}}Test.php',
    prompt: 'Cover the empty list of {{table}}.',
    before: code`
      final class {{Entity}}Test extends TestCase
      {
      }
    `,
    completion: code`
      final class {{Entity}}Test extends TestCase
      {
          public function testEmptyListHasNoNextPage(): void
          {
              $page = (new {{Entity}}List([]))->page(size: {{n}});

              self::assertSame([], $page->items);
              self::assertNull($page->next);
          }
      }
    `,
  },
  {
    key: 'php-everyday-escape',
    language: 'php',
    surface: 'review',
    path: 'templates/{{entity}}.php',
    prompt: 'Review this template.',
    before: code`
      <h2><?= $title ?></h2>
      <p><?= $count ?> {{table}}</p>
    `,
    completion: code`
      <h2><?= htmlspecialchars($title, ENT_QUOTES) ?></h2>
      <p><?= number_format($count) ?> {{table}}</p>
    `,
  },
  {
    key: 'shell-everyday-backup',
    language: 'shell',
    surface: 'cli',
    path: 'scripts/backup.sh',
    prompt: 'keep the newest {{n}} backups',
    before: code`
      #!/bin/sh
      set -eu
      target=/srv/{{dir}}
    `,
    completion: code`
      #!/bin/sh
      set -eu
      target=/srv/{{dir}}
      stamp=$(date -u +%Y%m%dT%H%M%SZ)

      pg_dump --format=custom --file="$target/{{name}}-$stamp.dump" {{name}}
      find "$target" -name '{{name}}-*.dump' | sort -r | tail -n +{{n}} | while read -r old; do
        rm -- "$old"
      done
    `,
  },
  {
    key: 'shell-everyday-wait-ready',
    language: 'shell',
    surface: 'cli',
    path: 'scripts/wait.sh',
    prompt: 'wait until {{name}} answers, at most {{seconds}} seconds',
    completion: code`
      #!/bin/sh
      set -eu

      left={{seconds}}
      until curl --silent --fail --output /dev/null http://127.0.0.1:{{port}}/readyz; do
        left=$((left - 1))
        if [ "$left" -le 0 ]; then
          echo "{{name}} did not become ready" >&2
          exit 1
        fi
        sleep 1
      done
    `,
  },
  {
    key: 'shell-everyday-git-log',
    language: 'shell',
    surface: 'chat',
    prompt: 'Which files changed most often in the last {{n}} commits?',
    completion: code`
      Count the names that the log prints:

      \`\`\`sh
      git log -n {{n}} --name-only --pretty=format: | sed '/^$/d' | sort | uniq -c | sort -rn | head
      \`\`\`

      Add \`-- src/{{name}}\` to look at one folder only.
    `,
  },
];
