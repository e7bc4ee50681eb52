// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/DROP-IN.md shows of Java is true. */
class DocumentedExamplesTest {
  private static final Path DOCUMENT = Path.of("../../docs/DROP-IN.md");
  private static final Pattern EXAMPLE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern CLASS = Pattern.compile("public class (\\w+)");

  private static final class Example extends SimpleJavaFileObject {
    private final String text;

    Example(String name, String text) {
      super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  /** The document tells of other interfaces, too. */
  private static String section() throws IOException {
    String document = Files.readString(DOCUMENT);
    String section = document.substring(document.indexOf("\n## Java\n") + 1);
    int next = section.indexOf("\n## ");
    return next < 0 ? section : section.substring(0, next);
  }

  @Test
  void the_examples_compile_for_java_8(@TempDir Path folder) throws Exception {
    List<JavaFileObject> examples = new ArrayList<>();
    Matcher matcher = EXAMPLE.matcher(section());
    while (matcher.find()) {
      Matcher name = CLASS.matcher(matcher.group(1));
      assertTrue(name.find(), matcher::group);
      examples.add(new Example(name.group(1), matcher.group(1)));
    }
    assertEquals(3, examples.size());
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    List<String> options =
        List.of(
            "--release",
            "8",
            "-Xlint:-options",
            "-d",
            folder.toString(),
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    assertTrue(compiler.getTask(said, null, null, options, null, examples).call(), said::toString);
  }

  @Test
  void every_setting_is_documented_and_no_other() throws Exception {
    TreeSet<String> documented = new TreeSet<>();
    Matcher row = Pattern.compile("(?m)^\\| `([a-z_]+)` \\|").matcher(section());
    while (row.find()) {
      documented.add(row.group(1));
    }
    assertEquals(new TreeSet<>(Settings.KEYS), documented);
  }
}
