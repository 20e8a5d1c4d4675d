// The parts of core_test, one file each.
#pragma once

#include <vector>

namespace fastinit::test {

void test_philox(const char* known_answers_path);  // philox_test.cpp
void test_instruction_sets();                      // fill_test.cpp
void test_small_fills();
void test_large_fills();
void test_boxes();
void test_empty_fills();
void test_edges();       // edge_test.cpp
void test_methods();     // method_test.cpp
void test_orthogonal();  // orthogonal_test.cpp
void test_orthogonal_interrupt();
std::vector<unsigned char> orthogonal_bytes();  // of one of each type
void test_transforms();                         // transform_test.cpp
void test_large_transforms();
std::vector<unsigned char> transformed_bytes();  // of several of each type
void test_patterns();                            // pattern_test.cpp
void test_float_environment();                   // surroundings_test.cpp
void test_callers_threads();
void test_interrupt();

}  // namespace fastinit::test
