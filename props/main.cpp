// The tests of sesscheck: Boost.Test runs them, RapidCheck draws the cases of the properties.
#define BOOST_TEST_MODULE sesscheck
#include <boost/test/unit_test.hpp>
