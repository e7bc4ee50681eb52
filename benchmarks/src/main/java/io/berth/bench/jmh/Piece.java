// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.jmh;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What a JMH class measures. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Piece {
  /** The name with which the row's case begins, such as {@code ring}. */
  String value();

  /** Whose code it is: Berth's, or a yardstick's. */
  String system() default "berth";
}
