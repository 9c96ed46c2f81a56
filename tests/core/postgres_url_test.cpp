// Connection strings get time limits, in both of libpq's forms.
#include "bidwell/core/postgres_url.h"

#include <gmock/gmock.h>

namespace bidwell {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(PostgresUrl, GetsLimitsThatItDoesNotSay) {
  EXPECT_THAT(with_postgres_timeouts("postgresql://h/db"),
              HasSubstr("postgresql://h/db?connect_timeout=2&tcp_user_timeout="));
  EXPECT_THAT(with_postgres_timeouts("postgres://h/db?sslmode=require"),
              HasSubstr("?sslmode=require&connect_timeout=2&"));
  EXPECT_THAT(with_postgres_timeouts("host=h connect_timeout=7"),
              AllOf(HasSubstr("host=h connect_timeout=7 tcp_user_timeout="), Not(HasSubstr("connect_timeout=2"))));
}

}  // namespace
}  // namespace bidwell
