// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.policy.PolicyDecision.Granted;
import io.berth.shm.frame.Permission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random policies and questions, answered by the engine and by a reference that is written from
 * docs/berth.yaml: sets of single permissions, regular expressions, one pass per ceiling.
 */
class PolicyAgainstReferenceTest {
  private static final int POLICIES = 400;
  private static final int QUESTIONS = 50;

  private static final String[] RESOURCES = {
    "hsm:a", "hsm:b", "hsm:a/k1", "hsm:a/k2", "hsm:a/k1/x", "hsm:b/k1", "db:a", "db:a/k1"
  };
  private static final String[] PATTERNS = {
    "hsm:a",
    "hsm:a/*",
    "hsm:a/**",
    "hsm:*/k1",
    "*:a",
    "*:*/**",
    "hsm:a/k*",
    "hsm:*",
    "db:a/k1",
    "*:*/k2"
  };

  /** All that a mask of 64 bits has. */
  private static final int CODES = 64;

  private static final String[] SUBS = {"t-1", "t-2", "u-1"};
  private static final String[] SUB_PATTERNS = {"t-*", "t-1", "*", "u-1", "*-1"};
  private static final String[] UNITS = {"one.service", "two.service"};

  @ParameterizedTest
  @ValueSource(longs = {1, 20_260_101, 777_777})
  void the_engine_decides_as_the_reference_does(long seed) {
    Random random = new Random(seed);
    int granted = 0;
    int delegated = 0;
    for (int i = 0; i < POLICIES; i++) {
      List<Grant> grants =
          IntStream.range(0, random.nextInt(8)).mapToObj(n -> grant(random, n)).toList();
      Policy policy = new Policy(grants, Set.of(65534));
      for (int j = 0; j < QUESTIONS; j++) {
        Principal principal = principal(random);
        String resource = pick(random, RESOURCES);
        Optional<String> sub =
            random.nextBoolean() ? Optional.of(pick(random, SUBS)) : Optional.empty();
        PolicyDecision decision = policy.decide(principal, resource, sub);
        Optional<Granted> expected = reference(grants, principal, resource, sub);
        assertEquals(
            expected,
            decision instanceof Granted g ? Optional.of(sorted(g)) : Optional.empty(),
            () -> "seed " + seed + ": " + principal + " " + resource + " " + sub + "\n" + grants);
        granted += expected.isPresent() ? 1 : 0;
        delegated += expected.isPresent() && sub.isPresent() ? 1 : 0;
      }
    }
    // A generator that never grants would compare nothing.
    assertTrue(granted > POLICIES && delegated > POLICIES / 4, granted + " " + delegated);
  }

  private static Granted sorted(Granted g) {
    return new Granted(
        g.account(),
        g.rights(),
        g.priorityCeiling(),
        g.maxDeadlineNanos(),
        g.limits(),
        g.audit(),
        g.grounds().stream().sorted().toList());
  }

  private static Optional<Granted> reference(
      List<Grant> grants, Principal who, String resource, Optional<String> sub) {
    if (who.uid() == 65534 || who.gid() == 65534) {
      return Optional.empty();
    }
    List<Grant> fitting =
        grants.stream()
            .filter(g -> g.resources().stream().anyMatch(p -> regex(p.toString(), resource)))
            .toList();
    if (sub.isEmpty()) {
      List<Grant> own = filter(fitting, g -> isFor(g, who) && g.delegation() != Delegation.ONLY);
      return combine("uid:" + who.uid(), own, own);
    }
    List<Grant> delegate =
        filter(
            fitting,
            g ->
                isFor(g, who)
                    && g.delegation() != Delegation.FALSE
                    && g.onBehalfOf().stream().anyMatch(p -> regex(p, sub.get())));
    List<Grant> named =
        filter(
            fitting,
            g -> g.principal() instanceof PrincipalMatch.BySub s && regex(s.pattern(), sub.get()));
    return combine("sub:" + sub.get(), delegate, named);
  }

  private static Optional<Granted> combine(String account, List<Grant> a, List<Grant> b) {
    Rights rights = Rights.NONE;
    for (Permission permission : Permission.values()) {
      for (int code = 0; code < CODES; code++) {
        int operation = permission.operation(code);
        Predicate<Grant> has = g -> g.rights().allows(operation);
        if (a.stream().anyMatch(has) && b.stream().anyMatch(has)) {
          rights = rights.or(Rights.of(permission, code));
        }
      }
    }
    if (rights.mask() == 0) {
      return Optional.empty();
    }
    Set<String> grounds = new TreeSet<>();
    a.forEach(g -> grounds.add(g.origin()));
    b.forEach(g -> grounds.add(g.origin()));
    List<Grant> both = new ArrayList<>(a);
    both.addAll(b);
    PriorityClass priority =
        PriorityClass.values()[
            Math.max(
                a.stream().mapToInt(g -> g.priorityCeiling().ordinal()).min().orElseThrow(),
                b.stream().mapToInt(g -> g.priorityCeiling().ordinal()).min().orElseThrow())];
    return Optional.of(
        new Granted(
            account,
            rights,
            priority,
            Math.min(
                a.stream().mapToLong(Grant::maxDeadlineNanos).max().orElseThrow(),
                b.stream().mapToLong(Grant::maxDeadlineNanos).max().orElseThrow()),
            new Limits(
                lower(a, b, g -> g.limits().inFlight()),
                lower(a, b, g -> g.limits().ratePerSecond()),
                lower(a, b, g -> g.limits().burst()),
                a.stream().anyMatch(g -> g.limits().dryRun())
                    && b.stream().anyMatch(g -> g.limits().dryRun())),
            both.stream().map(Grant::audit).max(Comparator.naturalOrder()).orElseThrow(),
            List.copyOf(grounds)));
  }

  /** The lower of what each side's grants allow at most. */
  private static int lower(List<Grant> a, List<Grant> b, ToIntFunction<Grant> what) {
    return Math.min(
        a.stream().mapToInt(what).max().orElseThrow(),
        b.stream().mapToInt(what).max().orElseThrow());
  }

  private static boolean isFor(Grant grant, Principal who) {
    if (grant.principal() instanceof PrincipalMatch.ByProcess p) {
      boolean user = p.uid().isEmpty() || p.uid().getAsInt() == who.uid();
      boolean group =
          p.gid().isEmpty()
              || IntStream.concat(IntStream.of(who.gid()), Arrays.stream(who.groups()))
                  .boxed()
                  .toList()
                  .contains(p.gid().getAsInt());
      return user && group && (p.unit().isEmpty() || who.unit().equals(Optional.of(p.unit())));
    }
    return grant.principal() instanceof PrincipalMatch.Anybody;
  }

  private static boolean regex(String pattern, String text) {
    boolean open = pattern.endsWith("/**");
    String body = open ? pattern.substring(0, pattern.length() - 3) : pattern;
    String expression = Pattern.quote(body).replace("*", "\\E[^:/]*\\Q") + (open ? "/.+" : "");
    return Pattern.matches(expression, text);
  }

  private static List<Grant> filter(List<Grant> grants, Predicate<Grant> predicate) {
    return grants.stream().filter(predicate).toList();
  }

  private static Grant grant(Random random, int number) {
    PrincipalMatch match =
        switch (random.nextInt(4)) {
          case 0 -> new PrincipalMatch.BySub(pick(random, SUB_PATTERNS));
          case 1 -> new PrincipalMatch.Anybody();
          default -> process(random);
        };
    boolean delegates = !(match instanceof PrincipalMatch.BySub) && random.nextBoolean();
    return new Grant(
        "f:" + number,
        match,
        List.of(
            ResourcePattern.of(pick(random, PATTERNS)), ResourcePattern.of(pick(random, PATTERNS))),
        rights(random),
        PriorityClass.values()[random.nextInt(4)],
        1 + random.nextInt(1_000),
        new Limits(
            1 + random.nextInt(100),
            random.nextBoolean() ? Limits.NO_RATE : 1 + random.nextInt(100),
            random.nextBoolean() ? Limits.NO_RATE : 1 + random.nextInt(100),
            random.nextBoolean()),
        delegates ? Delegation.values()[1 + random.nextInt(2)] : Delegation.FALSE,
        delegates ? List.of(pick(random, SUB_PATTERNS)) : List.of(),
        Audit.values()[random.nextInt(3)]);
  }

  private static Rights rights(Random random) {
    Rights rights = Rights.of(random.nextInt(4));
    do {
      Permission permission = Permission.values()[1 + random.nextInt(4)];
      rights = rights.or(Rights.of(permission, random.nextInt(6)));
    } while (random.nextBoolean());
    return rights;
  }

  private static PrincipalMatch process(Random random) {
    int kind = random.nextInt(3);
    return new PrincipalMatch.ByProcess(
        kind == 1 ? OptionalInt.empty() : OptionalInt.of(1_000 + random.nextInt(3)),
        kind == 0 ? OptionalInt.empty() : OptionalInt.of(100 + random.nextInt(3)),
        random.nextInt(4) == 0 ? pick(random, UNITS) : "");
  }

  private static Principal principal(Random random) {
    return new Principal(
        random.nextInt(20) == 0 ? 65534 : 1_000 + random.nextInt(3),
        100 + random.nextInt(3),
        new int[] {100 + random.nextInt(3), 300},
        7,
        random.nextBoolean() ? Optional.of(pick(random, UNITS)) : Optional.empty());
  }

  private static String pick(Random random, String[] from) {
    return from[random.nextInt(from.length)];
  }
}
