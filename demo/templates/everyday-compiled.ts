import { code, type Template } from './template.ts';

/** Harmless Go and Rust interactions. */
export const everydayCompiled: Template[] = [
  {
    key: 'go-everyday-context-timeout',
    language: 'go',
    surface: 'inline',
    path: 'internal/{{name}}/ping.go',
    prompt: 'give up after {{seconds}} seconds',
    before: code`
      func (c *Client) Ping(ctx context.Context) error {
      	return c.get(ctx, "/healthz")
      }
    `,
    completion: code`
      func (c *Client) Ping(ctx context.Context) error {
      	ctx, cancel := context.WithTimeout(ctx, {{seconds}}*time.Second)
      	defer cancel()
      	if err := c.get(ctx, "/healthz"); err != nil {
      		return fmt.Errorf("ping {{name}}: %w", err)
      	}
      	return nil
      }
    `,
  },
  {
    key: 'go-everyday-table-test',
    language: 'go',
    surface: 'agent',
    path: 'internal/{{name}}/limit_test.go',
    prompt: 'Test the limits of the page size.',
    before: code`
      package {{name}}
    `,
    completion: code`
      package {{name}}

      import "testing"

      func TestLimit(t *testing.T) {
      	wanted := map[int]int{0: {{n}}, 1: 1, 100000: {{n}}}
      	for asked, want := range wanted {
      		if got := limit(asked); got != want {
      			t.Errorf("limit(%d) = %d, want %d", asked, got, want)
      		}
      	}
      }
    `,
  },
  {
    key: 'go-everyday-query-args',
    language: 'go',
    surface: 'inline',
    path: 'internal/store/{{table}}.go',
    prompt: '{{fn}} {{table}} by {{column}}',
    before: code`
      func (s *Store) By{{Entity}}(ctx context.Context, value string) ([]{{Entity}}, error) {
      	return nil, nil
      }
    `,
    completion: code`
      func (s *Store) By{{Entity}}(ctx context.Context, value string) ([]{{Entity}}, error) {
      	rows, err := s.db.QueryContext(ctx, "SELECT id, {{column}} FROM {{table}} WHERE {{column}} = $1", value)
      	if err != nil {
      		return nil, fmt.Errorf("{{table}}: %w", err)
      	}
      	defer rows.Close()
      	return scan{{Entity}}(rows)
      }
    `,
  },
  {
    key: 'go-everyday-graceful-stop',
    language: 'go',
    surface: 'agent',
    path: 'cmd/{{name}}/main.go',
    prompt: 'Stop {{name}} cleanly on SIGTERM.',
    before: code`
      func main() {
      	log.Fatal(http.ListenAndServe(":{{port}}", routes()))
      }
    `,
    completion: code`
      func main() {
      	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
      	defer stop()
      	server := &http.Server{Addr: ":{{port}}", Handler: routes(), ReadHeaderTimeout: 5 * time.Second}
      	go server.ListenAndServe()
      	<-ctx.Done()
      	grace, cancel := context.WithTimeout(context.Background(), {{seconds}}*time.Second)
      	defer cancel()
      	server.Shutdown(grace)
      }
    `,
  },
  {
    key: 'go-everyday-slices',
    language: 'go',
    surface: 'chat',
    prompt: 'Sort {{table}} by {{column}} and keep the first {{n}}?',
    completion: code`
      The slices package has both parts:

      \`\`\`go
      slices.SortFunc({{table}}, func(a, b {{Entity}}) int {
      	return cmp.Compare(a.Key, b.Key)
      })
      first := {{table}}[:min(len({{table}}), {{n}})]
      \`\`\`

      \`SortStableFunc\` keeps equal ones in their order.
    `,
  },
  {
    key: 'go-everyday-crypto-token',
    language: 'go',
    surface: 'review',
    path: 'internal/{{name}}/token.go',
    prompt: 'Is this token fine?',
    before: code`
      func token() string {
      	return strconv.FormatInt(time.Now().UnixNano(), 36)
      }
    `,
    completion: code`
      func token() string {
      	raw := make([]byte, 32)
      	rand.Read(raw) // crypto/rand: cannot be predicted
      	return base64.RawURLEncoding.EncodeToString(raw)
      }
    `,
  },
  {
    key: 'rust-everyday-from-str',
    language: 'rust',
    surface: 'inline',
    path: 'src/{{name}}/state.rs',
    prompt: 'parse the state',
    before: code`
      #[derive(Debug, Clone, Copy, PartialEq, Eq)]
      pub enum State {
          Open,
          Closed,
      }
    `,
    completion: code`
      #[derive(Debug, Clone, Copy, PartialEq, Eq)]
      pub enum State {
          Open,
          Closed,
      }

      impl std::str::FromStr for State {
          type Err = String;

          fn from_str(text: &str) -> Result<Self, Self::Err> {
              match text {
                  "open" => Ok(Self::Open),
                  "closed" => Ok(Self::Closed),
                  other => Err(format!("unknown {{entity}} state {other:?}")),
              }
          }
      }
    `,
  },
  {
    key: 'rust-everyday-iterator',
    language: 'rust',
    surface: 'chat',
    prompt: 'How do I count {{table}} per {{column}} in Rust?',
    completion: code`
      Fold into a map with the entry interface:

      \`\`\`rust
      let mut counts: HashMap<&str, usize> = HashMap::new();
      for {{entity}} in &{{table}} {
          *counts.entry({{entity}}.{{column}}.as_str()).or_default() += 1;
      }
      \`\`\`

      Take the {{n}} largest with \`select_nth_unstable_by\` when the map is big.
    `,
  },
  {
    key: 'rust-everyday-checked-slice',
    language: 'rust',
    surface: 'review',
    path: 'src/{{name}}/frame.rs',
    prompt: 'Review the bounds.',
    before: code`
      pub fn payload(bytes: &[u8]) -> &[u8] {
          let length = bytes[0] as usize;
          &bytes[1..1 + length]
      }
    `,
    completion: code`
      pub fn payload(bytes: &[u8]) -> Option<&[u8]> {
          let (length, rest) = bytes.split_first()?;
          rest.get(..usize::from(*length))
      }

      #[test]
      fn a_{{entity}}_that_is_too_short_has_no_payload() {
          assert_eq!(payload(&[{{seconds}}, 1, 2]), None);
      }
    `,
  },
  {
    key: 'rust-everyday-sqlx',
    language: 'rust',
    surface: 'agent',
    path: 'src/store/{{table}}.rs',
    prompt: 'Add a query for {{table}} by {{column}}.',
    before: code`
      pub struct Store {
          pool: PgPool,
      }
    `,
    completion: code`
      pub struct Store {
          pool: PgPool,
      }

      impl Store {
          pub async fn {{fn}}_{{table}}(&self, value: &str) -> sqlx::Result<Vec<{{Entity}}>> {
              sqlx::query_as("SELECT * FROM {{table}} WHERE {{column}} = $1 ORDER BY id LIMIT {{n}}")
                  .bind(value)
                  .fetch_all(&self.pool)
                  .await
          }
      }
    `,
  },
  {
    key: 'rust-everyday-clap',
    language: 'rust',
    surface: 'cli',
    path: 'src/main.rs',
    prompt: 'options for port and folder',
    before: code`
      fn main() {}
    `,
    completion: code`
      use clap::Parser;
      use std::path::PathBuf;

      #[derive(Parser)]
      struct Options {
          #[arg(long, default_value_t = {{port}})]
          port: u16,
          #[arg(long, default_value = "{{dir}}")]
          folder: PathBuf,
      }

      fn main() {
          let options = Options::parse();
          println!("{{name}} on {} from {}", options.port, options.folder.display());
      }
    `,
  },
];
