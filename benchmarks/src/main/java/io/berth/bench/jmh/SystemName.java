// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.jmh;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Whose code a JMH class measures: {@code berth}, or a yardstick's name. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface SystemName {
  /** The system in the row. */
  String value();
}
