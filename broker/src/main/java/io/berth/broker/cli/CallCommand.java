// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.ReplyStream;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.client.StatusCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code berth call}: one request, as any application would make it. */
@Command(
    name = "call",
    mixinStandardHelpOptions = true,
    description = {
      "Opens a resource, makes one request, and prints the reply's payload. Connects as an"
          + " application with your uid, so the policy decides what you may do; being an"
          + " administrator does not matter. Without --config, --run and $BERTH_RUN it asks the"
          + " broker behind $BERTH_SOCKET, as applications do.",
      "OPERATION is a name (echo: echo, count, delay, touch, once; hsm/sdf: sm2-sign, sm2-verify,"
          + " sm2-encrypt, sm2-decrypt, sm4-encrypt, sm4-decrypt, sm3-digest, sm4-mac, hmac-sm3,"
          + " random, export-public-key, generate-key), a permission and a code (sign/1), or a"
          + " number (0x10001). What payload it takes stands in docs/PROTOCOL.md; for hsm/sdf it is"
          + " a protobuf message of hsm.proto."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:The reply is OK.",
      "1:The request failed; the message has status and reason.",
      "2:The command line is wrong.",
      "3:No broker runs there.",
      "4:The policy grants this user nothing of that kind."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  berth call echo:main echo --data hello",
      "  berth call echo:main count --hex 0300000002000000 --stream --print hex",
      "  berth call hsm:card random --hex 0810 --print hex"
    })
final class CallCommand implements Callable<Integer> {
  /** Parts under way before one is printed; each has room reserved for the reply limit. */
  private static final int STREAM_CREDIT = 4;

  @Mixin private BrokerPlace place;

  @Parameters(
      index = "0",
      paramLabel = "RESOURCE",
      description = "What to open, such as hsm:payments/sign-key-1.")
  private String resource;

  @Parameters(index = "1", paramLabel = "OPERATION", description = "What to ask of it.")
  private String operation;

  /** At most one of them. */
  private static final class Payload {
    @Option(names = "--data", paramLabel = "TEXT", description = "The payload, as UTF-8.")
    private String text;

    @Option(names = "--file", paramLabel = "FILE", description = "A file that is the payload.")
    private Path file;

    @Option(names = "--hex", paramLabel = "DIGITS", description = "The payload, in hexadecimal.")
    private String hex;

    private byte[] bytes() throws IOException {
      if (text != null) {
        return text.getBytes(UTF_8);
      }
      return file != null ? Files.readAllBytes(file) : HexFormat.of().parseHex(hex);
    }
  }

  /** How the reply is printed. */
  enum Form {
    raw,
    hex
  }

  @ArgGroup private Payload payload;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "5s",
      converter = Durations.class,
      description = "How long to wait for the reply, and for a connection (${DEFAULT-VALUE}).")
  private Durations.Millis timeout;

  @Option(
      names = "--reply-limit",
      paramLabel = "BYTES",
      description = "The longest reply to take (as much as the broker sends inline).")
  private int replyLimit = -1;

  @Option(
      names = "--idempotent",
      description = "Allow a second execution if the worker is lost meanwhile.")
  private boolean idempotent;

  @Option(
      names = "--stream",
      description = "Take an answer in parts (echo: count), and print each as it comes.")
  private boolean stream;

  @Option(
      names = "--print",
      paramLabel = "FORM",
      defaultValue = "raw",
      description = "The reply as raw bytes or in hex (${DEFAULT-VALUE}).")
  private Form form;

  @Override
  public Integer call() throws Exception {
    int number;
    byte[] bytes;
    try {
      number = OperationName.parse(operation);
      bytes = payload == null ? new byte[0] : payload.bytes();
    } catch (IllegalArgumentException e) {
      System.err.println("berth call: " + e.getMessage());
      return ExitCode.USAGE;
    }
    Path socket = place.applicationSocket();
    if (!Files.exists(socket)) {
      System.err.println(
          "berth: no broker runs there: "
              + socket
              + " does not exist; start one with 'berth up', or name its directory with --run");
      return ExitCode.NO_BROKER;
    }
    Request request =
        Request.of(number)
            .payload(bytes)
            .idempotent(idempotent)
            .timeout(Duration.ofMillis(timeout.value()));
    if (replyLimit >= 0) {
      request.replyLimit(replyLimit);
    }
    return ask(socket, request);
  }

  private int ask(Path socket, Request request) {
    try (BerthClient client =
            BerthClient.builder()
                .socket(socket.toString())
                .name("berth-call")
                .connectTimeout(Duration.ofMillis(timeout.value()))
                .connect();
        Resource opened = client.open(resource)) {
      if (stream) {
        try (ReplyStream parts = opened.stream(request, STREAM_CREDIT)) {
          parts.forEachRemaining(this::print);
        }
      } else {
        print(opened.call(request).payload());
      }
      return ExitCode.OK;
    } catch (BerthException e) {
      System.err.println("berth: " + TextTable.printable(e.getMessage()));
      return e.status() == StatusCode.PERMISSION_DENIED ? ExitCode.NOT_PERMITTED : ExitCode.FAILED;
    }
  }

  private void print(byte[] payload) {
    if (form == Form.hex) {
      System.out.println(HexFormat.of().formatHex(payload));
    } else {
      System.out.write(payload, 0, payload.length);
    }
    System.out.flush();
  }
}
