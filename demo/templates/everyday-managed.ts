import { code, type Template } from './template.ts';

/** Harmless Java and C# interactions. */
export const everydayManaged: Template[] = [
  {
    key: 'java-everyday-record',
    language: 'java',
    surface: 'inline',
    path: 'src/main/java/example/{{name}}/{{Entity}}.java',
    prompt: 'record with a check',
    before: code`
      package example.{{name}};
    `,
    completion: code`
      package example.{{name}};

      import java.time.Instant;
      import java.util.Objects;

      public record {{Entity}}(long id, String label, Instant createdAt) {
          public {{Entity}} {
              Objects.requireNonNull(label, "label");
              if (label.length() > {{n}}) {
                  throw new IllegalArgumentException("label is longer than {{n}} characters");
              }
          }
      }
    `,
  },
  {
    key: 'java-everyday-streams',
    language: 'java',
    surface: 'chat',
    prompt: 'Count {{table}} per day with streams?',
    completion: code`
      Collect into a sorted map:

      \`\`\`java
      Map<LocalDate, Long> perDay = {{table}}.stream()
          .collect(Collectors.groupingBy(
              {{entity}} -> {{entity}}.createdAt().atZone(ZoneOffset.UTC).toLocalDate(),
              TreeMap::new,
              Collectors.counting()));
      \`\`\`

      The map keeps the last {{n}} days in order when you call \`tailMap\`.
    `,
  },
  {
    key: 'java-everyday-prepared',
    language: 'java',
    surface: 'inline',
    path: 'src/main/java/example/{{name}}/{{Entity}}Store.java',
    prompt: 'find by {{column}}',
    before: code`
      Optional<{{Entity}}> find(String value) throws SQLException {
          return Optional.empty();
      }
    `,
    completion: code`
      Optional<{{Entity}}> find(String value) throws SQLException {
          try (var statement = connection.prepareStatement("SELECT * FROM {{table}} WHERE {{column}} = ?")) {
              statement.setString(1, value);
              statement.setQueryTimeout({{seconds}});
              try (var rows = statement.executeQuery()) {
                  return rows.next() ? Optional.of({{Entity}}.read(rows)) : Optional.empty();
              }
          }
      }
    `,
  },
  {
    key: 'java-everyday-junit',
    language: 'java',
    surface: 'agent',
    path: 'src/test/java/example/{{name}}/{{Entity}}Test.java',
    prompt: 'Test that a long label is refused.',
    before: code`
      class {{Entity}}Test {
      }
    `,
    completion: code`
      class {{Entity}}Test {
          @Test
          void refusesALabelThatIsTooLong() {
              var label = "x".repeat({{n}} + 1);
              var error = assertThrows(
                  IllegalArgumentException.class,
                  () -> new {{Entity}}({{id}}, label, Instant.EPOCH));
              assertTrue(error.getMessage().contains("{{n}}"));
          }
      }
    `,
  },
  {
    key: 'java-everyday-http-client',
    language: 'java',
    surface: 'inline',
    path: 'src/main/java/example/{{name}}/Client.java',
    prompt: 'get {{table}} from {{host}}',
    before: code`
      private final HttpClient http = HttpClient.newHttpClient();
    `,
    completion: code`
      private final HttpClient http = HttpClient.newHttpClient();

      String {{fn}}{{Entity}}(long id) throws IOException, InterruptedException {
          var request = HttpRequest.newBuilder(URI.create("https://{{host}}/{{table}}/" + id))
              .timeout(Duration.ofSeconds({{seconds}}))
              .build();
          var response = http.send(request, HttpResponse.BodyHandlers.ofString());
          if (response.statusCode() != 200) {
              throw new IOException("{{table}}: " + response.statusCode());
          }
          return response.body();
      }
    `,
  },
  {
    key: 'csharp-everyday-record',
    language: 'csharp',
    surface: 'inline',
    path: 'src/{{Entity}}.cs',
    prompt: 'immutable type for a {{entity}}',
    before: code`
      namespace Example.Core;
    `,
    completion: code`
      namespace Example.Core;

      /// <summary>One {{entity}} as the API answers it.</summary>
      public sealed record {{Entity}}(long Id, string Label, DateTimeOffset CreatedAt)
      {
          public const int MaxLabel = {{n}};

          public bool IsRecent(DateTimeOffset now) => now - CreatedAt < TimeSpan.FromHours({{seconds}});
      }
    `,
  },
  {
    key: 'csharp-everyday-parameters',
    language: 'csharp',
    surface: 'review',
    path: 'src/{{Entity}}Store.cs',
    prompt: 'Review the query.',
    before: code`
      command.CommandText = $"SELECT * FROM {{table}} WHERE id = {id}";
    `,
    completion: code`
      command.CommandText = "SELECT * FROM {{table}} WHERE id = @id";
      command.Parameters.AddWithValue("id", id);
      command.CommandTimeout = {{seconds}};
    `,
  },
  {
    key: 'csharp-everyday-minimal-api',
    language: 'csharp',
    surface: 'agent',
    path: 'src/Program.cs',
    prompt: 'Add an endpoint for one {{entity}}.',
    before: code`
      var app = builder.Build();
      app.Run();
    `,
    completion: code`
      var app = builder.Build();

      app.MapGet("/{{table}}/{id:long}", async (long id, {{Entity}}Store store, CancellationToken cancel) =>
          await store.FindAsync(id, cancel) is { } found
              ? Results.Ok(found)
              : Results.NotFound());

      app.Run("http://127.0.0.1:{{port}}");
    `,
  },
  {
    key: 'csharp-everyday-linq',
    language: 'csharp',
    surface: 'chat',
    prompt: 'Pages of {{n}} from a list of {{table}}?',
    completion: code`
      \`Chunk\` splits a sequence into pages:

      \`\`\`csharp
      foreach (var page in {{table}}.OrderBy({{entity}} => {{entity}}.Id).Chunk({{n}}))
      {
          await exporter.WriteAsync(page);
      }
      \`\`\`

      The last page may be shorter.
    `,
  },
  {
    key: 'csharp-everyday-xunit',
    language: 'csharp',
    surface: 'inline',
    path: 'tests/{{Entity}}Tests.cs',
    prompt: 'test IsRecent',
    before: code`
      public class {{Entity}}Tests
      {
      }
    `,
    completion: code`
      public class {{Entity}}Tests
      {
          [Theory]
          [InlineData(0, true)]
          [InlineData(24 * {{n}}, false)]
          public void KnowsWhatIsRecent(int hours, bool expected)
          {
              var now = DateTimeOffset.UnixEpoch.AddYears(50);
              var item = new {{Entity}}({{id}}, "{{name}}", now.AddHours(-hours));
              Assert.Equal(expected, item.IsRecent(now));
          }
      }
    `,
  },
];
