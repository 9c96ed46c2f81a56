#include "bidwell/core/country.h"

#include <array>
#include <string_view>

#include "bidwell/core/text.h"

namespace bidwell {
namespace {

// ISO 3166-1: alpha-2 and alpha-3 of each country, five letters an entry.
constexpr std::string_view kCountries =
    "ADANDAEAREAFAFGAGATGAIAIAALALBAMARMAOAGOAQATAARARGASASMATAUTAUAUSAWABWAXALAAZAZEBABIHBBBRB"
    "BDBGDBEBELBFBFABGBGRBHBHRBIBDIBJBENBLBLMBMBMUBNBRNBOBOLBQBESBRBRABSBHSBTBTNBVBVTBWBWABYBLR"
    "BZBLZCACANCCCCKCDCODCFCAFCGCOGCHCHECICIVCKCOKCLCHLCMCMRCNCHNCOCOLCRCRICUCUBCVCPVCWCUWCXCXR"
    "CYCYPCZCZEDEDEUDJDJIDKDNKDMDMADODOMDZDZAECECUEEESTEGEGYEHESHERERIESESPETETHFIFINFJFJIFKFLK"
    "FMFSMFOFROFRFRAGAGABGBGBRGDGRDGEGEOGFGUFGGGGYGHGHAGIGIBGLGRLGMGMBGNGINGPGLPGQGNQGRGRCGSSGS"
    "GTGTMGUGUMGWGNBGYGUYHKHKGHMHMDHNHNDHRHRVHTHTIHUHUNIDIDNIEIRLILISRIMIMNININDIOIOTIQIRQIRIRN"
    "ISISLITITAJEJEYJMJAMJOJORJPJPNKEKENKGKGZKHKHMKIKIRKMCOMKNKNAKPPRKKRKORKWKWTKYCYMKZKAZLALAO"
    "LBLBNLCLCALILIELKLKALRLBRLSLSOLTLTULULUXLVLVALYLBYMAMARMCMCOMDMDAMEMNEMFMAFMGMDGMHMHLMKMKD"
    "MLMLIMMMMRMNMNGMOMACMPMNPMQMTQMRMRTMSMSRMTMLTMUMUSMVMDVMWMWIMXMEXMYMYSMZMOZNANAMNCNCLNENER"
    "NFNFKNGNGANINICNLNLDNONORNPNPLNRNRUNUNIUNZNZLOMOMNPAPANPEPERPFPYFPGPNGPHPHLPKPAKPLPOLPMSPM"
    "PNPCNPRPRIPSPSEPTPRTPWPLWPYPRYQAQATREREUROROURSSRBRURUSRWRWASASAUSBSLBSCSYCSDSDNSESWESGSGP"
    "SHSHNSISVNSJSJMSKSVKSLSLESMSMRSNSENSOSOMSRSURSSSSDSTSTPSVSLVSXSXMSYSYRSZSWZTCTCATDTCDTFATF"
    "TGTGOTHTHATJTJKTKTKLTLTLSTMTKMTNTUNTOTONTRTURTTTTOTVTUVTWTWNTZTZAUAUKRUGUGAUMUMIUSUSAUYURY"
    "UZUZBVAVATVCVCTVEVENVGVGBVIVIRVNVNMVUVUTWFWLFWSWSMYEYEMYTMYTZAZAFZMZMBZWZWE";
static_assert(kCountries.size() % 5 == 0);

constexpr unsigned letter(char c) {
  return static_cast<unsigned>(ascii_lower(c) - 'a');
}
constexpr std::size_t index2(std::string_view code) {
  return letter(code[0]) * 26 + letter(code[1]);
}
constexpr std::size_t index3(std::string_view code) {
  return index2(code) * 26 + letter(code[2]);
}

// A country's number is its place in the list, counted from 1.
struct Tables {
  std::array<CountryCode, 26 * 26> alpha2{};
  std::array<CountryCode, 26 * 26 * 26> alpha3{};

  constexpr Tables() {
    for (std::size_t i = 0; i < kCountries.size() / 5; ++i) {
      alpha2[index2(kCountries.substr(5 * i, 2))] = static_cast<CountryCode>(i + 1);
      alpha3[index3(kCountries.substr(5 * i + 2, 3))] = static_cast<CountryCode>(i + 1);
    }
  }
};
constexpr Tables kTables;

}  // namespace

CountryCode country_code(std::string_view text) noexcept {
  for (const char c : text) {
    if (letter(c) >= 26) return 0;
  }
  if (text.size() == 2) return kTables.alpha2[index2(text)];
  if (text.size() == 3) return kTables.alpha3[index3(text)];
  return 0;
}

}  // namespace bidwell
