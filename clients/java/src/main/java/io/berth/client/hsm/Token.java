// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import io.berth.client.BerthClient;
import io.berth.client.Resource;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A PKCS #11 token, or one name on it: its objects, and what needs no key. Time-outs and errors are
 * those of {@link HsmKey}.
 */
public final class Token implements AutoCloseable {
  private final Resource resource;
  private final Duration timeout;

  private Token(Resource resource, Duration timeout) {
    this.resource = resource;
    this.timeout = timeout;
  }

  /**
   * Opens a token, or the objects of one name.
   *
   * @param name such as {@code "hsm:token"} or {@code "hsm:token/server-key"}
   */
  public static Token open(BerthClient client, String name) {
    return of(client.open(name));
  }

  /** Uses a resource that was opened already. */
  public static Token of(Resource resource) {
    return new Token(resource, Duration.ofSeconds(1));
  }

  /** The same token with another time-out per call. */
  public Token withTimeout(Duration time) {
    return new Token(resource, time);
  }

  /** An object that was found. */
  public static final class Found {
    private final long object;
    private final String name;

    private Found(long object, String name) {
      this.object = object;
      this.name = name;
    }

    /** Its number; 0 where only the name is told, which is then what to open. */
    public long object() {
      return object;
    }

    /** The name that it carries, local to the token. */
    public String name() {
      return name;
    }
  }

  /** All objects that have all these attributes; with the device's own handle, their names. */
  public List<Found> find(Attribute... template) {
    List<Found> all = new ArrayList<>();
    boolean more = true;
    while (more) {
      ProtoWriter request = new ProtoWriter();
      for (Attribute each : template) {
        request.message(1, each.encoded());
      }
      request.number(2, all.size());
      int before = all.size();
      more = page(Operation.FIND_OBJECTS.ask(resource, timeout, request), all);
      if (more && all.size() == before) {
        throw new MalformedMessageException(resource.name() + ": an empty page, and more to come");
      }
    }
    return all;
  }

  private static boolean page(byte[] message, List<Found> into) {
    boolean more = false;
    ProtoReader reader = new ProtoReader(message);
    while (reader.next()) {
      if (reader.isBytes(1)) {
        into.add(found(reader.bytes()));
      } else if (reader.isNumber(2)) {
        more = reader.number() != 0;
      }
    }
    return more;
  }

  private static Found found(byte[] message) {
    long object = 0;
    String name = "";
    ProtoReader reader = new ProtoReader(message);
    while (reader.next()) {
      if (reader.isNumber(1)) {
        object = reader.number();
      } else if (reader.isBytes(2)) {
        name = new String(reader.bytes(), StandardCharsets.UTF_8);
      }
    }
    return new Found(object, name);
  }

  /** Attributes of an object, in the order asked for. */
  public List<Attribute> attributes(KeyReference key, long... types) {
    return attributes(resource, timeout, key, types);
  }

  static List<Attribute> attributes(
      Resource resource, Duration timeout, KeyReference key, long... types) {
    ProtoWriter request = new ProtoWriter().message(1, key.encoded()).numbers(2, types);
    ProtoReader reader = new ProtoReader(Operation.GET_ATTRIBUTES.ask(resource, timeout, request));
    Map<Long, Attribute> told = new TreeMap<>();
    while (reader.next()) {
      if (reader.isBytes(1)) {
        Attribute attribute = Attribute.decoded(reader.bytes());
        told.put(attribute.type(), attribute);
      }
    }
    List<Attribute> inOrder = new ArrayList<>();
    for (long type : types) {
      Attribute attribute = told.get(type);
      if (attribute == null) {
        throw new MalformedMessageException(
            resource.name() + ": attribute " + type + " was asked for and not answered");
      }
      inOrder.add(attribute);
    }
    return inOrder;
  }

  /** A digest, made by the token. */
  public byte[] digest(Mechanism mechanism, byte[] data) {
    try (BulkData bulk = BulkData.of(resource, data, false)) {
      ProtoWriter request = new ProtoWriter().message(1, mechanism.encoded());
      request.bytes(3, bulk.inline());
      return Operation.data(Operation.DIGEST.ask(resource, timeout, request, bulk).payload());
    }
  }

  /** Lets go of an object of this session. */
  public void release(KeyReference key) {
    Operation.RELEASE_OBJECT.askForBytes(
        resource, timeout, new ProtoWriter().message(1, key.encoded()));
  }

  /** What it was opened as. */
  public Resource resource() {
    return resource;
  }

  @Override
  public void close() {
    resource.close();
  }
}
